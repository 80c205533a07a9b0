import { once } from 'node:events'
import { createServer, request, type ServerOptions } from 'node:https'
import type { IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Test } from 'tap'
import { celExpressions } from '../../src/adapters/cel-expressions.ts'
import { MetricRegistry } from '../../src/adapters/metric-registry.ts'
import { pinoLog } from '../../src/adapters/pino-log.ts'
import { systemClock } from '../../src/adapters/system-clock.ts'
import { systemRandom } from '../../src/adapters/system-random.ts'
import { networks } from '../../src/contract/cidr.ts'
import type { GatewayConfig } from '../../src/contract/route-file.ts'
import { HeldBudget } from '../../src/http/held-budget.ts'
import { RequestHandler } from '../../src/http/request-handler.ts'
import { Outside } from '../../src/outside.ts'
import { TableKeeper } from '../../src/plan/table-keeper.ts'
import { contexts, surroundings } from '../../src/surroundings.ts'
import { EndpointRegistry } from '../../src/upstream/endpoint-registry.ts'
import { PoolRegistry } from '../../src/upstream/pool-registry.ts'
import { answered, type Answered } from './ask.ts'
import { rooms } from './guarded.ts'

/** The gateway's own handler behind a listener that speaks TLS, which `gateway.listen` does not yet. Gives its port. */
export async function tlsListener (t: Test, config: GatewayConfig, tls: ServerOptions): Promise<number> {
  const { settings, settings: { limits } } = config
  const log = pinoLog({ level: 'silent' })
  const metrics = new MetricRegistry()
  const endpoints = new EndpointRegistry()
  const pools = new PoolRegistry({ endpoints, clock: systemClock, random: systemRandom, expressions: celExpressions })
  const outside = new Outside(settings, log, metrics, () => handler.inFlight)
  const keeper = new TableKeeper(systemRandom)
  keeper.commit(keeper.prepare(config.routes, surroundings({ config, rooms, log, pools, metrics, keeper, outside, identities: outside.identity.at(config) }), contexts(config)))
  const handler = new RequestHandler({
    guard: { trusted: networks([], ''), hops: 1, headers: limits.headers, targetBytes: limits.targetBytes },
    ownCookie: null,
    limits,
    budget: new HeldBudget(limits.heldBytes),
    timings: 0,
    log,
    table: () => keeper.table,
    draining: () => false,
    ended: () => {}
  })
  const server = createServer({ ...tls, requestCert: true, rejectUnauthorized: false }, (req, res) => { handler.handle(req, res) }).listen(0, '127.0.0.1')
  t.teardown(async () => {
    server.closeAllConnections()
    server.close()
    keeper.empty()
    await keeper.closed()
    await endpoints.destroy()
    await outside.close()
  })
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

/** One request over TLS, with a client certificate where there is one among the options. */
export async function askTls (port: number, path: string, token: string, tls: ServerOptions): Promise<Answered> {
  const req = request({ host: '127.0.0.1', port, path, agent: false, headers: { authorization: `Bearer ${token}` }, ...tls })
  req.end()
  const [res] = await once(req, 'response') as [IncomingMessage]
  return await answered(res)
}
