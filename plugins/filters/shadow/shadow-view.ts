import type { ForcedState, BreakerState, Report } from '../../../src/contract/index.ts'
import type { DecisionCount } from './decisions.ts'
import type { LedgerView } from './ledger/ledger-view.ts'
import type { ShadowTarget } from './shadow-target.ts'
import type { RampView } from './stages/ramp-view.ts'

/** What operators see of one shadow, and what is saved: field names stay. */
export interface ShadowView {
  readonly version: 1
  readonly route: string
  readonly shadow: string
  readonly upstream: string
  readonly role: 'candidate' | 'secondary'
  /** `staged+selective`: what its config makes of it. */
  readonly mode: string
  /** RFC 3339: since when it has counted. */
  readonly since: string
  readonly decisions: readonly DecisionCount[]
  readonly inFlight: number
  readonly waiting: number
  readonly waitingBytes: number
  readonly breaker: BreakerState | ForcedState
  /** Where what differs by itself is learned from. */
  readonly noise: 'secondary' | 'replay' | 'none'
  readonly ramp: RampView | null
  readonly ledger: LedgerView | null
}

/** What a report says beyond what its shadow knows. */
export interface ReportFrame { readonly route: string, readonly upstream: string, readonly mode: string, readonly noise: ShadowView['noise'], readonly now: () => number }

/** The report of one shadow: what became of requests, what differed, where a ramp stands; and what operators may do. */
export function shadowReport (target: ShadowTarget, frame: ReportFrame): Report {
  const { id, options: { role, decisions, breaker, ledger, ramp } } = target
  const { now, ...about } = frame
  let sinceMs = now()
  const view = (): ShadowView => {
    const { inFlight, waiting, waitingBytes } = target.stats
    return {
      version: 1,
      shadow: id,
      role,
      ...about,
      since: new Date(sinceMs).toISOString(),
      decisions: decisions.view(),
      inFlight,
      waiting,
      waitingBytes,
      breaker: breaker.state,
      ramp: ramp?.view() ?? null,
      ledger: ledger?.view() ?? null
    }
  }
  const reset = (): object => {
    ledger?.reset()
    decisions.reset()
    sinceMs = now()
    return { status: 'reset' }
  }
  return {
    summary: () => ({ upstream: about.upstream, role, mode: about.mode, sent: decisions.total('sent'), breaker: breaker.state, ...ramp && { percent: ramp.percent }, ...ledger && { ledger: ledger.summary() } }),
    view,
    actions: {
      reset,
      ...ramp && { promote: () => ramp.promote(), rollback: () => ramp.rollback(), hold: () => ramp.hold(), resume: () => ramp.resume(), restart: () => ramp.restart() }
    }
  }
}
