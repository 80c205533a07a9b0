import { isRecord } from '../../../../src/contract/index.ts'

/** Where a ramp is: on its way up; kept where it is until an operator says otherwise; back in an earlier stage for a while; at its end; at 0 %. */
export const STAGE_STATES = ['ramping', 'held', 'rolled-back', 'complete', 'stopped'] as const
export type StageState = (typeof STAGE_STATES)[number]

/** What changes it: the label `to`. */
export type Move = 'promoted' | 'complete' | 'rolled-back' | 'stopped' | 'held' | 'resumed' | 'restarted'

/** One change, for operators. `stage` counts from 0; -1: stopped. */
export interface Transition { readonly at: string, readonly move: Move, readonly stage: number, readonly reason: string }

/** What all processes agree on, as one JSON value in the store. */
export interface RampState {
  /** Drawn when the ramp began: another one under the same key is another ramp. */
  readonly id: number
  /** Counts the stays in a stage. Totals and hold times are of one stay. */
  readonly stay: number
  /** Counts the windows of a stay: what was counted in an earlier one is gone. */
  readonly window: number
  /** -1: stopped. */
  readonly stage: number
  readonly state: StageState
  /** Nothing goes up until an operator says so. */
  readonly frozen: boolean
  /** RFC 3339, by the clock of whoever changed it: for people. Nothing is reckoned from it, since clocks of machines differ. */
  readonly since: string
  /** How much of the stay has passed, at least, by the monotonic clock of whoever has seen most of it. */
  readonly servedMs: number
  /** How much of it had passed when the window began. */
  readonly windowAtMs: number
  readonly reason: string
  /** How often each stage has been broken since it last went well. */
  readonly failures: readonly number[]
  /** The last twenty, the oldest first. */
  readonly history: readonly Transition[]
}

/** The first stage, at its beginning. */
export const firstState = (id: number, at: string): RampState =>
  ({ id, stay: 0, window: 0, stage: 0, state: 'ramping', frozen: false, since: at, servedMs: 0, windowAtMs: 0, reason: 'begun', failures: [], history: [] })

/** Under what the totals are kept: another one for each window of each stay. */
export const epochOf = ({ id, stay, window }: RampState): string => `${id.toString(36)}.${stay}.${window}`

/** Whether a stay, with its totals and times, is the same. */
export const isSameStay = (a: RampState, b: RampState): boolean => a.id === b.id && a.stay === b.stay

/** What was read from the store; null for what no ramp with so many stages has written. */
export function parseState (raw: string, stages: number): RampState | null {
  try {
    const state: unknown = JSON.parse(raw)
    return isRecord(state) && isState(state) && state.stage < stages ? state : null
  } catch {
    return null
  }
}

const NUMBERS = ['id', 'stay', 'window', 'stage', 'servedMs', 'windowAtMs'] as const

const isState = (state: object): state is RampState => {
  const it = state as RampState
  return NUMBERS.every(name => Number.isFinite(it[name])) && Number.isInteger(it.stage) && it.stage >= -1 && STAGE_STATES.includes(it.state) &&
    typeof it.frozen === 'boolean' && typeof it.since === 'string' && typeof it.reason === 'string' && isListOf(it.failures, one => Number.isFinite(one)) && isListOf(it.history, isRecord)
}

const isListOf = (list: unknown, check: (one: unknown) => boolean): boolean => Array.isArray(list) && list.every(check)
