import type { Sample } from '../contract/services.ts'
import type { Plan } from '../plan/plan.ts'

/** Series by route and filter. */
export type SamplesOf = (route: string, filter: string) => readonly Sample[]

/** Sorts series once, so that showing ten thousand routes does not look at all of them ten thousand times. */
export function samplesByFilter (samples: readonly Sample[]): SamplesOf {
  const sorted = Map.groupBy(samples, ({ labels }) => `${labels['route']}\n${labels['filter']}`)
  return (route, filter) => sorted.get(`${route}\n${filter}`) ?? []
}

/** A route in force as operators see it: as written, no reference resolved, and what its filters have decided so far. */
export function routeView (plan: Plan, samplesOf: SamplesOf) {
  const { config } = plan
  return {
    id: plan.id,
    order: config.order,
    source: config.origin.file,
    written: config.written,
    upstream: config.targets.map(({ to, weight }) => ({ to, weight })),
    fault: plan.fault,
    inFlight: plan.life.inFlight,
    filters: plan.filters.map(filter => {
      const samples = samplesOf(plan.id, filter.name)
      return { name: filter.name, when: filter.when !== null, report: filter.report, decisions: decisions(samples), phases: phases(samples) }
    })
  }
}

function decisions (samples: readonly Sample[]): Record<string, number> {
  const found = samples.filter(({ name, value }) => value > 0 && name === 'gatehouse_filter_decisions_total')
  return Object.fromEntries(found.map(({ labels, value }) => [labels['decision'], value]))
}

/** Mean seconds of each phase over the requests that were timed (`gateway.timings`). */
function phases (samples: readonly Sample[]): Record<string, { timed: number, meanSeconds: number }> {
  const found = samples.filter(({ name, count }) => count > 0 && name === 'gatehouse_filter_phase_seconds')
  return Object.fromEntries(found.map(({ labels, value, count }) => [labels['phase'], { timed: count, meanSeconds: value / count }]))
}
