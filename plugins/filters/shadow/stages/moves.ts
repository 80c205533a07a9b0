import type { Move, RampState, StageState } from './ramp-state.ts'
import type { Stage } from './stages-schema.ts'

/** One change, and what is agreed on then. */
export interface Step { readonly move: Move, readonly next: RampState }

/** Why, and when by the clock on the wall. */
export interface Cause { readonly reason: string, readonly at: string }

const LONGEST_HISTORY = 20
/** A stage that was broken so often in a row is not tried again by itself. */
const MOST_FAILURES = 3
/** Longer than this no stage waits for being tried again, unless its `hold` is longer. */
const LONGEST_RETRY_MS = 3_600_000

/** How long a stay lasts at least before the next stage begins: its hold, and after failures of the next one twice as long for each. */
export function waitMs ({ stage, failures }: RampState, stages: readonly Stage[]): number {
  const holdMs = stages[stage]?.hold ?? 0
  const next = stages[stage + 1]
  const failed = failures[stage + 1] ?? 0
  if (next === undefined || failed === 0) return holdMs
  return Math.max(holdMs, Math.min(next.hold * 2 ** failed, Math.max(LONGEST_RETRY_MS, next.hold)))
}

/** The next stage; at the last one the ramp is complete, and null where it is that or held. */
export function promoted (from: RampState, stages: readonly Stage[], cause: Cause): Step | null {
  const failures = withFailures(from, from.stage, 0)
  if (from.stage < stages.length - 1) return anew(from, 'promoted', { stage: from.stage + 1, state: from.frozen ? 'held' : 'ramping', failures }, cause)
  if (from.state === 'complete' || from.frozen) return null
  return anew(from, 'complete', { state: 'complete', failures }, cause)
}

/** A gate of the stage was broken. */
export function rolledBack (from: RampState, { reason, at }: Cause): Step {
  const failed = (from.failures[from.stage] ?? 0) + 1
  const isOut = failed >= MOST_FAILURES
  const cause = { at, reason: isOut ? `${reason}; the third failure in a row: stays until it is resumed` : reason }
  return lowered({ ...from, failures: withFailures(from, from.stage, failed) }, from.frozen || isOut, cause)
}

/** An operator wants one stage less: what was taken down by hand goes up by hand. */
export const takenDown = (from: RampState, cause: Cause): Step | null => from.stage < 0 ? held(from, cause) : lowered(from, true, cause)

function lowered (from: RampState, frozen: boolean, cause: Cause): Step {
  const stage = from.stage - 1
  const state = stage < 0 ? 'stopped' : frozen ? 'held' : 'rolled-back'
  return anew(from, state === 'stopped' ? 'stopped' : 'rolled-back', { stage, state, frozen }, cause)
}

/** Stays as it is until it is resumed; gates are watched all the same. */
export const held = (from: RampState, cause: Cause): Step | null =>
  from.frozen ? null : changed(from, 'held', { frozen: true, state: from.stage < 0 ? 'stopped' : 'held' }, cause)

/** Goes on by itself. What was stopped begins with the first stage. */
export function resumed (from: RampState, cause: Cause): Step | null {
  const running = { frozen: false, failures: [], state: 'ramping' } as const
  if (from.stage < 0) return anew(from, 'resumed', { ...running, stage: 0 }, cause)
  return from.frozen ? changed(from, 'resumed', running, cause) : null
}

/** From the first stage, as if nothing had been. */
export const restarted = (from: RampState, cause: Cause): Step =>
  anew(from, 'restarted', { stage: 0, state: 'ramping', frozen: false, failures: [] }, cause)

/** Counts begin anew, so that what went well long ago does not hide what goes wrong now. */
export const renewed = (from: RampState, servedMs: number): RampState => ({ ...from, window: from.window + 1, servedMs, windowAtMs: servedMs })

type Change = Partial<Pick<RampState, 'stage' | 'frozen' | 'failures'>> & { readonly state: StageState }

/** Another stay: its totals and its time begin now. */
function anew (from: RampState, move: Move, to: Change, cause: Cause): Step {
  const { next } = changed(from, move, to, cause)
  return { move, next: { ...next, stay: from.stay + 1, window: 0, servedMs: 0, windowAtMs: 0 } }
}

function changed (from: RampState, move: Move, to: Change, { at, reason }: Cause): Step {
  const history = [...from.history, { at, move, stage: to.stage ?? from.stage, reason }].slice(-LONGEST_HISTORY)
  return { move, next: { ...from, ...to, since: at, reason, history } }
}

const withFailures = ({ failures }: RampState, stage: number, n: number): readonly number[] =>
  Array.from({ length: Math.max(failures.length, stage + 1) }, (_, i) => i === stage ? n : failures[i] ?? 0)
