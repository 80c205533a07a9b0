import rateLimit from '../../../../plugins/filters/rate-limit/index.ts'
import type { Filter, Reply } from '../../../../src/contract/index.ts'
import { compileRoute } from '../../../../src/plan/compile-route.ts'
import { roomsOf } from '../../../../src/plan/compile-room.ts'
import { run } from '../../../../src/plan/run.ts'
import { exchange, fakeServices, reply, type FakeServices, type TestRequest } from '../../../../src/testing/index.ts'

/** A use of a filter as it stands in a route: of rate-limit, unless its name is given. */
export interface TestUse { name?: string, config: unknown, report?: boolean }

/** One route with several uses of rate-limit, and other rooms among them. */
export function mountUses (uses: readonly TestUse[], over: Partial<FakeServices>, others: readonly Filter[] = []) {
  const services = fakeServices(over)
  const file = 'test.yaml'
  const { plan, faults } = compileRoute({
    id: 'test',
    order: 0,
    predicates: [],
    filters: uses.map(({ name = 'rate-limit', config, report = false }, i) =>
      ({ name, config, when: null, report, origin: { file, pointer: `/filters/${i}` }, configOrigin: { file, pointer: `/filters/${i}/${name}` } })),
    skip: [],
    targets: [],
    timeouts: {},
    timeoutMs: null,
    allowPath: [],
    metadata: {},
    tests: [],
    origin: { file, pointer: '' },
    written: null
  }, {
    rooms: roomsOf([rateLimit, ...others], []),
    services: (route, filter) => ({ ...services, metrics: services.registry.scope({ route, filter }), close: () => {} }),
    upstream: () => ({ dispatch: async () => reply(), close: () => {} })
  })
  if (plan === null || faults.length > 0) throw new Error(faults.map(String).join())
  return async (request?: TestRequest): Promise<Reply> => {
    const x = exchange(request)
    x.route = plan.route
    return await run(plan, x, { log: services.log, timed: false })
  }
}
