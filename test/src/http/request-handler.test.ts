import { once } from 'node:events'
import { createServer, request, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { Config, defineFilter, networks, problem, type Dispatch, type Exchange } from '../../../src/contract/index.ts'
import { HeldBudget } from '../../../src/http/held-budget.ts'
import { RequestHandler } from '../../../src/http/request-handler.ts'
import type { Table } from '../../../src/plan/table.ts'
import { fakeLog, mount, reply } from '../../../src/testing/index.ts'
import { loadNative } from '../config/load.ts'

const nothing = defineFilter({ name: 'nothing', config: Config({}), create: () => ({ request: () => {} }) })

/** A server whose one route has this total timeout; found after `lookupMs`. */
async function serving (t: Test, timeoutMs: number | null, dispatch: Dispatch, lookupMs = 0) {
  const { config: { settings: { limits } } } = await loadNative('gateway: {}')
  const { plan } = mount(nothing, null, dispatch)
  const timed = { ...plan, config: { ...plan.config, timeoutMs } }
  const found = async () => await new Promise<typeof timed>(resolve => { setTimeout(() => { resolve(timed) }, lookupMs) })
  const handler = new RequestHandler({
    guard: { trusted: networks([], ''), hops: 1, headers: 100, targetBytes: 8192 },
    ownCookie: null,
    limits,
    budget: new HeldBudget(1e6),
    log: fakeLog(),
    table: () => ({ ownHeaders: [], find: () => lookupMs === 0 ? timed : found() }) as unknown as Table,
    draining: () => false,
    timings: 0,
    ended: () => {}
  })
  const server = createServer((req, res) => { handler.handle(req, res) }).listen(0, '127.0.0.1')
  t.teardown(() => { server.close() })
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return async (): Promise<number> => {
    const [res] = await once(request({ port, host: '127.0.0.1', agent: false }).end(), 'response') as [IncomingMessage]
    res.resume()
    return res.statusCode!
  }
}

/** Answers at once and keeps the exchange. */
function keeping () {
  const seen: Exchange[] = []
  const dispatch: Dispatch = async x => {
    seen.push(x)
    return reply()
  }
  return { seen, dispatch }
}

t.test('the deadline is as long after the arrival as the route says', async t => {
  const { seen, dispatch } = keeping()
  const ask = await serving(t, 5000, dispatch)
  t.equal(await ask(), 200)
  t.equal(seen[0]!.deadline, seen[0]!.timing.start + 5000)
  t.ok(seen[0]!.deadline - performance.now() > 0)
})

t.test('a route without a total timeout has no deadline', async t => {
  const { seen, dispatch } = keeping()
  t.equal(await (await serving(t, null, dispatch))(), 200)
  t.equal(seen[0]!.deadline, Infinity)
})

t.test('the total timeout ends the exchange at its deadline, lookup counted in', async t => {
  let enteredMs = 0
  const exchanges: Exchange[] = []
  const ask = await serving(t, 150, async x => {
    enteredMs = performance.now()
    exchanges.push(x)
    await once(x.signal, 'abort')
    return problem('GW_TOTAL_TIMEOUT', x.id)
  }, 100)
  t.equal(await ask(), 504)
  const [x] = exchanges
  t.equal(x!.deadline, x!.timing.start + 150)
  t.ok(performance.now() >= x!.deadline - 2)
  t.ok(performance.now() < enteredMs + 150, 'and not as long after lookup')
})
