import { ConfigError } from '../contract/config-error.ts'
import type { Filter, Phases, Place } from '../contract/room.ts'
import type { Use } from '../contract/route-file.ts'
import type { Expression, Metrics } from '../contract/services.ts'
import { checkPhases } from './check-made.ts'
import { createRoom, findRoom, reasonOf, type Faults } from './compile-room.ts'
import { LazyDecision, LazySeconds } from './lazy-series.ts'
import type { Decisions, Phase, PlannedFilter } from './plan.ts'

/** Compiles one use of a filter with its `when` and `report`; null and faults where it is wrong. What it has opened goes into `open` all the same. */
export function compileFilter (use: Use, index: number, rooms: ReadonlyMap<string, Filter>, place: Place, open: Pick<Phases, 'close'>[], faults: Faults): PlannedFilter | null {
  const room = findRoom(rooms, 'filter', use, faults)
  const phases = room && createRoom(room, use, { ...place, report: use.report }, checkPhases, faults)
  if (phases?.close) open.push(phases)
  const when = use.when === null ? null : condition(use, place, faults)
  if (!room || !phases || when === undefined) return null
  const wrong = misuses(use, room, phases, when)
  faults.push(...wrong.map(fault => fault.under(use.origin)))
  return wrong.length > 0 ? null : planned(use, index, room, whole(phases, when), when, place)
}

function planned (use: Use, index: number, { refuses }: Filter, phases: Phases, when: Expression<boolean> | null, { services: { metrics, log } }: Place): PlannedFilter {
  const seconds = (phase: Phase) => new LazySeconds(metrics, phase)
  return {
    name: use.name,
    index,
    phases,
    last: phases.response ? 'response' : phases.dispatch ? 'dispatch' : phases.request ? 'request' : null,
    when,
    report: use.report,
    refuses,
    decisions: decisions(metrics, { refuses: refuses.length > 0, reports: use.report, asks: when !== null }),
    seconds: { request: seconds('request'), dispatch: seconds('dispatch'), response: seconds('response') },
    log
  }
}

const nothing = (): void => {}

/**
 * The phases with those that the machine needs in addition: one to ask `when` in; and one that is sure to come after the request
 * phase where the call may never get to the filter, to count its decision in. Bound, as a room may give an object of a class.
 */
function whole (phases: Phases, when: Expression<boolean> | null): Phases {
  const asksFirst = when !== null && !when.usesReply && !phases.request
  const asked = asksFirst || phases.request !== undefined
  const answersLast = !phases.response && (when?.usesReply || (asked && phases.dispatch !== undefined))
  return { ...bound(phases), ...asksFirst && { request: nothing }, ...answersLast && { response: nothing } }
}

function bound (phases: Phases): Phases {
  const methods = PHASES.filter(name => phases[name]).map(name => [name, (phases[name] as () => void).bind(phases)])
  return { ...Object.fromEntries(methods), answersPreflight: phases.answersPreflight ?? false, ownHeaders: phases.ownHeaders ?? [] }
}

const PHASES = ['request', 'dispatch', 'response', 'done', 'restate', 'close'] as const

function condition (use: Use, { services }: Place, faults: Faults): Expression<boolean> | undefined {
  try {
    return services.expressions.condition(use.when!, '/when')
  } catch (error) {
    const fault = error instanceof ConfigError ? error : new ConfigError('GW_CONFIG_EXPRESSION', '/when', reasonOf(error))
    faults.push(fault.under(use.origin))
    return undefined
  }
}

function misuses (use: Use, room: Filter, phases: Phases, when: Expression<boolean> | null): ConfigError[] {
  const noEffect = (pointer: string, why: string) => new ConfigError('GW_CONFIG_NO_EFFECT', pointer, why)
  const found: ConfigError[] = []
  if (use.report && room.refuses.length === 0) found.push(noEffect('/report', `${room.name} never refuses a request, so there is nothing to report`))
  if (when?.usesReply && (phases.request ?? phases.dispatch)) found.push(noEffect('/when', `${room.name} acts before there is a reply, so its condition cannot use reply`))
  if (when?.usesBody) found.push(noEffect('/when', 'a condition of a filter does not read body; the predicate read-body does'))
  return found
}

/** What is to be expected is shown from the start, at 0. */
function decisions (metrics: Metrics, { refuses, reports, asks }: { refuses: boolean, reports: boolean, asks: boolean }): Decisions {
  const counter = (decision: string, isExpected: boolean) => {
    const series = new LazyDecision(metrics, decision)
    if (isExpected) series.add(0)
    return series
  }
  return {
    passed: counter('passed', true),
    refused: counter('refused', refuses && !reports),
    answered: counter('answered', false),
    skipped: counter('skipped', asks),
    wouldRefuse: counter('would-refuse', reports),
    failed: counter('failed', false)
  }
}
