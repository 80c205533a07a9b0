import type { WeightOf } from './balance/balancer.ts'
import type { Member } from './member.ts'

/** What one that has just come gets of its weight. */
const FIRST_SHARE = 0.1

/** The share of its weight that a member has got to since it came, growing in `slowStartMs`. */
export function warmth (sinceMs: number, nowMs: number, slowStartMs: number): number {
  const age = nowMs - sinceMs
  return age >= slowStartMs ? 1 : FIRST_SHARE + (1 - FIRST_SHARE) * age / slowStartMs
}

/** Weights that grow from a tenth to the whole while a member warms up. */
export const warmingWeights = (slowStartMs: number, nowMs: () => number): WeightOf =>
  ({ weight, sinceMs }) => weight * warmth(sinceMs, nowMs(), slowStartMs)

/** When the last of them is warm; -Infinity where all are. */
export const warmAtMs = (members: readonly Member[], slowStartMs: number): number =>
  members.reduce((latest, { sinceMs }) => Math.max(latest, sinceMs + slowStartMs), -Infinity)
