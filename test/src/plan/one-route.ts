import { Config, defineFilter, type Dispatch, type End, type ErrorCode, type Filter, type Phases } from '../../../src/contract/index.ts'
import { finish, run } from '../../../src/plan/run.ts'
import { exchange, fakeLog, fakeServices, reply, type TestRequest } from '../../../src/testing/index.ts'
import { planOf, surroundings, type Written } from './compiled.ts'

/** A filter with these phases. */
export const room = (name: string, phases: Phases, refuses: ErrorCode[] = []): Filter => defineFilter({ name, config: Config({}), refuses, create: () => phases })

/** An exchange that ended well. */
export const END: End = { outcome: 'complete', code: null, bytesIn: 0, bytesOut: 0 }

/** A route of these rooms, in this order unless `filters` says otherwise; its upstream answers 200 unless `upstream` does it. */
export function route (rooms: readonly Filter[], { filters = rooms.map(({ name }) => name), upstream = async () => reply() }: { filters?: readonly Written[], upstream?: Dispatch } = {}) {
  const services = fakeServices()
  const log = fakeLog()
  const plan = planOf('r', { filters }, surroundings(rooms, { upstream: () => ({ dispatch: upstream, close: () => {} }) }, services))
  const samples = (metric: string, filter: string, label: string) => Object.fromEntries(services.registry.samples()
    .filter(({ name, labels, count, value }) => name === metric && labels['filter'] === filter && count + value > 0)
    .map(({ labels, count, value }) => [labels[label], metric.endsWith('_total') ? value : count]))
  return {
    plan,
    log,
    services,
    decisions: (filter: string) => samples('gatehouse_filter_decisions_total', filter, 'decision'),
    timed: (filter: string) => samples('gatehouse_filter_phase_seconds', filter, 'phase'),
    call: async (request: TestRequest = {}, timed = false) => {
      const x = exchange(request)
      x.route = plan.route
      const answered = await run(plan, x, { log, timed })
      finish(plan, x, { ...END, code: answered.code }, log)
      return { x, reply: answered }
    }
  }
}
