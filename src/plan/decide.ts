import { ERRORS, GatewayError, type ErrorCode } from '../contract/errors.ts'
import type { Exchange } from '../contract/exchange.ts'
import type { Decisions, Phase, PlannedFilter } from './plan.ts'

/** Counts that the filter let the request pass, where `phase` is the last in which it could have done otherwise. */
export function pass (filter: PlannedFilter, x: Exchange, phase: Phase): void {
  if (filter.last !== phase) return
  if (x.marks !== null && x.marks[filter.index] === 'decided') return
  // How much body there is shows in the end (`decideLimits`)
  if (x.limits !== null && limits(filter, x)) return
  filter.decisions.passed.add()
}

function limits (filter: PlannedFilter, x: Exchange): boolean {
  for (let limit = x.limits; limit !== null; limit = limit.next) if (limit.index === filter.index) return true
  return false
}

/** Counts any other decision, and that it is one: what later phases of the filter let pass is none. */
export function decide (filter: PlannedFilter, x: Exchange, decision: Exclude<keyof Decisions, 'passed'>, phase: Phase | null): void {
  const isPerCall = phase === 'dispatch' && filter.last === 'dispatch'
  if (!isPerCall) {
    if (x.marks?.[filter.index] === 'decided') return
    (x.marks ??= [])[filter.index] = 'decided'
  }
  filter.decisions[decision].add()
}

/** `when` does not hold: the filter has no part in this exchange. */
export function skip (filter: PlannedFilter, x: Exchange): void {
  (x.marks ??= [])[filter.index] = 'skipped'
  filter.decisions.skipped.add()
}

/** Filters that only report let a request pass that they would have refused; it is counted and logged. */
export function pardon (filter: PlannedFilter, x: Exchange, code: ErrorCode, phase: Phase | null): void {
  decide(filter, x, 'wouldRefuse', phase)
  const reason = x.reason === null ? {} : { 'event.reason': x.reason }
  filter.log.info({ 'error.code': code, ...reason, 'gatehouse.route': x.route?.id, 'gatehouse.filter': filter.name, 'http.request.id': x.id }, 'would have refused')
  x.reason = null
}

/** Whether what a phase threw is how it refuses, and no failure. */
export function isRefusal (filter: PlannedFilter, error: unknown): error is GatewayError {
  return error instanceof GatewayError && (ERRORS[error.code].status < 500 || filter.refuses.includes(error.code))
}

/** Counts the decisions of filters that have limited the body, now that all of it has come, or as much as was let in. */
export function decideLimits (filters: readonly PlannedFilter[], x: Exchange, bytesIn: number): void {
  for (let limit = x.limits; limit !== null; limit = limit.next) decideLimit(filters[limit.index]!, x, bytesIn > limit.maxBytes)
}

function decideLimit (filter: PlannedFilter, x: Exchange, over: boolean): void {
  if (over && filter.report) pardon(filter, x, 'GW_BODY_TOO_LARGE', null)
  else if (over) decide(filter, x, 'refused', null)
  else if (x.marks === null || x.marks[filter.index] === undefined) filter.decisions.passed.add()
}
