import { isBeyondChance } from './beyond-chance.ts'
import { endOf, firstAbove, quantileOf, sumFrom } from './latency-buckets.ts'
import type { StageCounts } from './stage-counts.ts'
import type { Stage } from './stages-schema.ts'

/** What a stage must show. */
export type GateName = 'minSamples' | 'maxDifference' | 'maxErrors' | 'maxP99'

/** How a gate stands. `pass`: the figures are within the limit. `broken`: they are over it by more than chance brings about; between the two the stage waits for more. */
export interface Gate {
  readonly name: GateName
  /** Shares from 0 to 1; null where nothing can be said yet. */
  readonly value: number | null
  readonly limit: number
  readonly pass: boolean
  readonly broken: boolean
}

const TAIL = 0.01
/** A share such as 29% of 100 is a little less than 29 in floating point. */
const ROUNDING = 1e-9

/**
 * All gates of a stage. A stage of `minSamples` is not judged by less, save where so many speak against it already that the rest could not make up for
 * it: shares are of `minSamples` until there are more.
 */
export function judge (counts: StageCounts, stage: Stage): readonly Gate[] {
  const { samples } = counts
  const { minSamples } = stage
  return [
    { name: 'minSamples', value: samples, limit: minSamples, pass: samples >= minSamples, broken: false },
    difference(counts, stage),
    errors(counts, stage),
    p99(counts, stage)
  ]
}

function difference ({ different, samples }: StageCounts, { maxDifference: limit, minSamples }: Stage): Gate {
  return {
    name: 'maxDifference',
    value: samples === 0 ? null : different / samples,
    limit,
    pass: different <= limit * samples + ROUNDING,
    broken: isBeyondChance(different, Math.max(samples, minSamples), limit)
  }
}

/** What fails at both legs speaks for neither. */
function errors ({ shadowOnly, liveOnly, samples }: StageCounts, { maxErrors: limit, minSamples }: Stage): Gate {
  const n = Math.max(samples, minSamples)
  return {
    name: 'maxErrors',
    value: samples === 0 ? null : (shadowOnly - liveOnly) / samples,
    limit,
    pass: shadowOnly - liveOnly <= limit * samples + ROUNDING,
    broken: isBeyondChance(shadowOnly, n, limit + liveOnly / n)
  }
}

/** Needs as many answers of both legs: while live itself fails, nothing goes up. */
function p99 ({ live, shadow, answered }: StageCounts, { maxP99: limit, minSamples }: Stage): Gate {
  const liveBucket = quantileOf(live, 1 - TAIL)
  const shadowBucket = quantileOf(shadow, 1 - TAIL)
  if (liveBucket === null || shadowBucket === null) return { name: 'maxP99', value: null, limit, pass: false, broken: false }
  const ratio = endOf(shadowBucket) / endOf(liveBucket)
  const slow = sumFrom(shadow, firstAbove(limit * endOf(liveBucket)))
  return {
    name: 'maxP99',
    value: ratio,
    limit,
    pass: ratio <= limit && answered >= minSamples,
    broken: answered >= minSamples && isBeyondChance(slow, answered, TAIL)
  }
}

/** A gate and its figures, for people. */
export function figures ({ name, value, limit }: Gate, { samples, answered }: StageCounts): string {
  if (name === 'maxP99') return `${name}: ${(value ?? 0).toFixed(2)} times as long as live in ${answered} requests, limit ${limit}`
  return `${name}: ${share(value ?? 0)} of ${samples} requests, limit ${share(limit)}`
}

/** `0.0123` -> `1.23%` */
export const share = (part: number): string => `${Number((part * 100).toFixed(3))}%`
