import { filters, predicates } from '../../plugins/index.ts'
import type { Exchange } from '../../src/contract/exchange.ts'
import { compileAll } from '../../src/cli/compile-all.ts'
import { loadConfig } from '../../src/config/load-config.ts'
import { roomsOf } from '../../src/plan/compile-room.ts'
import { exchange } from '../../src/testing/exchange.ts'
import { mixedRoutes, type MixedRoute } from '../harness/mixed-routes.ts'
import type { Scenario } from '../harness/scenario.ts'
import { microsPerCall } from '../harness/time-per-call.ts'

const COUNT = 10_000

/** Finds the route of the `i`th request; the requests are made before the clock runs. */
type Find = (i: number) => unknown

/** Route lookup alone, without HTTP: the table's `find` over many mixed routes. */
export const lookup: Scenario = {
  name: 'lookup',
  async run (lab) {
    const value = microsPerCall(await prepare(mixedRoutes(COUNT)), COUNT, lab.options.rounds)
    return {
      title: `Route lookup alone, ${COUNT} mixed routes`,
      columns: ['lookup', 'us/lookup'],
      rows: [['table.find', value.toFixed(2)]],
      targets: [{ text: 'one lookup, in microseconds', value, limit: 3 }],
      notes: []
    }
  }
}

// Compiles the routes as `gatehouse run` would.
async function prepare (routes: readonly MixedRoute[]): Promise<Find> {
  const rooms = roomsOf(filters, predicates)
  const text = `version: 1\nroutes:\n${routes.map(({ id, predicates }) => `  - ${JSON.stringify({ id, predicates, upstream: 'http://127.0.0.1:1' })}`).join('\n')}\n`
  const loaded = await loadConfig(['lookup.yaml'], { env: {}, rooms, readFile: async () => Buffer.from(text) })
  const { table } = compileAll({ ...loaded, rooms })
  const requests = routes.map((route, i) => route.request(i))
  // One exchange that becomes each request in turn: ten thousand of them would measure how far they lie apart in memory.
  const x = exchange() as { -readonly [K in keyof Exchange]: Exchange[K] }
  return i => {
    const { method, host, path } = requests[i]!
    x.method = method
    x.routingMethod = method
    x.host = host
    x.path = path
    return table.find(x as Exchange)
  }
}
