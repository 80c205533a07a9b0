import { once } from 'node:events'
import { request, type IncomingMessage } from 'node:http'
import { basename } from 'node:path'
import type { Test } from 'tap'
import { filters, predicates } from '../../plugins/index.ts'
import { pinoLog } from '../../src/adapters/pino-log.ts'
import { loadConfig } from '../../src/config/load-config.ts'
import type { BreakerView } from '../../src/contract/breaker-board.ts'
import type { GatewayConfig } from '../../src/contract/route-file.ts'
import { buildGateway, type Gateway } from '../../src/gateway.ts'
import { roomsOf, type Rooms } from '../../src/plan/compile-room.ts'
import type { Update } from '../../src/plan/table-keeper.ts'
import { answered, type Answered, type Question } from '../identity/ask.ts'
import { LogLines } from '../identity/log-lines.ts'
import { witness } from './witness.ts'

type Keys = Readonly<Record<string, unknown>>

/** A route file in parts, as YAML would have them. */
export interface Setup {
  readonly gateway?: Keys
  readonly upstreams?: Keys
  readonly keyRings?: Keys
  /** Filters of every route. */
  readonly filters?: readonly unknown[]
  readonly routes: readonly Keys[]
}

/** A gateway with every room and real sockets. */
export interface Running {
  readonly gateway: Gateway
  readonly port: number
  readonly log: LogLines
  ask(path: string, question?: Question): Promise<Answered>
  /** Asks the admin listener. */
  operate(path: string, question?: Question): Promise<Answered>
  /** A breaker as operators see it. */
  breaker(name: string): Promise<BreakerView>
  reload(next: Setup): Promise<Update>
  /** Value of the series with these labels, summed. */
  metric(name: string, labels?: Readonly<Record<string, string>>): number
}

export const rooms: Rooms = roomsOf([...filters, witness], predicates)

/** Builds one and has it listen; the test closes it. */
export async function running (t: Test, setup: Setup): Promise<Running> {
  const log = new LogLines()
  const gateway = buildGateway(await configOf(setup), { rooms, log: pinoLog({ level: 'debug', destination: { write: log.write } }) })
  t.teardown(() => gateway.close())
  const { listeners: [listening], admin } = await gateway.listen()
  const operate = (path: string, question?: Question) => ask(admin!.port, path, question)
  return {
    gateway,
    port: listening!.port,
    log,
    operate,
    ask: (path, question) => ask(listening!.port, path, question),
    breaker: async name => (await operate(`/breakers/${name}`)).body as never,
    reload: async next => gateway.reload(await configOf(next)),
    metric: (name, labels = {}) => gateway.metrics.samples()
      .filter(sample => sample.name === name && Object.entries(labels).every(([key, value]) => sample.labels[key] === value))
      .reduce((sum, { value }) => sum + value, 0)
  }
}

/** The model of a route file. */
export async function configOf ({ gateway = {}, ...sections }: Setup): Promise<GatewayConfig> {
  const listening = { admin: { port: 0 }, listen: [{ port: 0, host: '127.0.0.1' }], drain: '200ms', trustedProxies: ['127.0.0.1'], ...gateway }
  const texts: Readonly<Record<string, string>> = { 'routes.yaml': JSON.stringify({ version: 1, gateway: listening, ...sections }) }
  return (await loadConfig(['routes.yaml'], { env: {}, rooms, readFile: async path => Buffer.from(texts[basename(path)]!) })).config
}

/** One request on a connection of its own. Rejects where the answer is cut off. */
export async function ask (port: number, path: string, { method = 'GET', headers = {}, body }: Question = {}): Promise<Answered> {
  const req = request({ host: '127.0.0.1', port, path, method, headers, agent: false })
  req.end(body)
  const [res] = await once(req, 'response') as [IncomingMessage]
  // A reset after the head is told twice
  req.on('error', () => {})
  return await answered(res)
}

/** A route with the path of its id. */
export const route = (id: string, uses: readonly unknown[], upstream: unknown, more: Keys = {}): Keys =>
  ({ id, predicates: [{ path: `/${id}/**` }], filters: uses, ...upstream !== null && { upstream }, ...more })

/** How often each status came. */
export function tally (answers: readonly Pick<Answered, 'status' | 'body'>[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (const { status, body } of answers) {
    const what = `${status} ${body['code'] ?? ''}`.trim()
    counts[what] = (counts[what] ?? 0) + 1
  }
  return counts
}

/** So many at one time. */
export const times = async <T>(count: number, act: (i: number) => Promise<T>): Promise<T[]> => await Promise.all(Array.from({ length: count }, (_, i) => act(i)))

const PATIENCE_MS = 20_000

/** Looks until it is so. */
export async function until (holds: () => unknown): Promise<void> {
  const startMs = performance.now()
  while (!await holds()) {
    if (performance.now() - startMs > PATIENCE_MS) throw new Error(`never: ${holds}`)
    await new Promise(resolve => { setTimeout(resolve, 2) })
  }
}
