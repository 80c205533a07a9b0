import { endOf, quantileOf } from './latency-buckets.ts'
import { judge, type Gate } from './gates.ts'
import { waitMs } from './moves.ts'
import type { RampState, StageState, Transition } from './ramp-state.ts'
import type { StageCounts } from './stage-counts.ts'
import type { Stage } from './stages-schema.ts'

/** A ramp as operators see it. */
export interface RampView {
  readonly state: StageState
  /** Counts from 0; null while it is stopped. */
  readonly stage: number | null
  readonly stages: number
  /** What this process mirrors, from 0 to 1: less than the stage says while it has broken here and the store cannot be told. */
  readonly percent: number
  /** RFC 3339; null before the state has been read. */
  readonly since: string | null
  /** Of the last change. */
  readonly reason: string
  /** Until the stage may go up, where its gates hold; null where that is over or only an operator takes it up. */
  readonly waitMs: number | null
  readonly totals: RampTotals
  readonly gates: readonly Gate[]
  /** How often each stage has been broken since it last went well. */
  readonly failures: readonly number[]
  /** The last twenty changes, the newest first. */
  readonly history: readonly Transition[]
  /** Whether other processes go by the same state. */
  readonly shared: boolean
  readonly storeDown: boolean
}

/** What was counted in the stage, or in its present window. */
export interface RampTotals {
  readonly samples: number
  readonly different: number
  readonly shadowFailed: number
  readonly liveFailed: number
  readonly shadowP99Ms: number | null
  readonly liveP99Ms: number | null
}

/** What is known at this moment. */
export interface Known { readonly state: RampState | null, readonly stages: readonly Stage[], readonly counts: StageCounts, readonly servedMs: number, readonly percent: number, readonly shared: boolean, readonly storeDown: boolean }

const UNREAD = { state: 'stopped', stage: -1, since: null, reason: 'the state has not been read yet', failures: [], history: [] } as const

/** Makes it of what is known. */
export function rampView (known: Known): RampView {
  const { stages, counts, percent, shared, storeDown } = known
  const { state, stage: at, since, reason, failures, history } = known.state ?? UNREAD
  const stage = stages[at]
  return {
    state,
    stage: stage === undefined ? null : at,
    stages: stages.length,
    percent,
    since,
    reason,
    waitMs: leftMs(known),
    totals: totalsOf(counts),
    gates: stage === undefined ? [] : judge(counts, stage),
    failures: stages.map((_, i) => failures[i] ?? 0),
    history: history.toReversed(),
    shared,
    storeDown
  }
}

function leftMs ({ state, stages, servedMs }: Known): number | null {
  if (state === null || state.frozen || state.state === 'complete') return null
  const ms = Math.ceil(waitMs(state, stages) - servedMs)
  return ms > 0 ? ms : null
}

function totalsOf (counts: StageCounts): RampTotals {
  const { samples, different, shadowOnly, liveOnly, bothFailed, shadow, live } = counts
  return { samples, different, shadowFailed: shadowOnly + bothFailed, liveFailed: liveOnly + bothFailed, shadowP99Ms: p99Ms(shadow), liveP99Ms: p99Ms(live) }
}

function p99Ms (counts: Float64Array): number | null {
  const bucket = quantileOf(counts, 0.99)
  return bucket === null ? null : Math.round(endOf(bucket) * 10) / 10
}
