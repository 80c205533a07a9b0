import { figures, judge } from './gates.ts'
import { promoted, renewed, rolledBack, waitMs, type Step } from './moves.ts'
import type { RampState } from './ramp-state.ts'
import type { StageCounts } from './stage-counts.ts'
import type { Stage } from './stages-schema.ts'

/** What a ramp goes by: totals of all processes, and how long the stay lasts so far. */
export interface Evidence { readonly counts: StageCounts, readonly servedMs: number, readonly at: string }

/** Counts begin anew, and nothing else changes. */
export interface Window { readonly move: null, readonly next: RampState }

/** What the stage has come to. Null: nothing changes. Every process comes to the same from the same totals. */
export function nextStep (state: RampState, stages: readonly Stage[], evidence: Evidence): Step | Window | null {
  const { counts, servedMs, at } = evidence
  const stage = stages[state.stage]
  if (stage === undefined) return mayRise(state, stages, servedMs) ? promoted(state, stages, { at, reason: 'tried again' }) : null
  const gates = judge(counts, stage)
  const broken = gates.find(gate => gate.broken)
  if (broken) return rolledBack(state, { at, reason: figures(broken, counts) })
  if (!gates.every(({ pass }) => pass)) return null
  const step = mayRise(state, stages, servedMs) ? promoted(state, stages, { at, reason: `every gate held: ${counts.samples} requests, ${Math.round(servedMs / 1000)}s` }) : null
  if (step !== null) return step
  return servedMs - state.windowAtMs >= stage.hold ? { move: null, next: renewed(state, servedMs) } : null
}

const mayRise = (state: RampState, stages: readonly Stage[], servedMs: number): boolean =>
  !state.frozen && servedMs >= waitMs(state, stages)
