import { BUCKETS, bucketOf } from './latency-buckets.ts'

/** What came of one mirrored request at both legs. */
export interface RampSample {
  readonly different: boolean
  readonly shadowFailed: boolean
  readonly liveFailed: boolean
  readonly liveMs: number
  readonly shadowMs: number
}

/** Under which names the numbers are summed over all processes. */
const FIELDS = { samples: 'n', different: 'd', shadowOnly: 's', liveOnly: 'l', bothFailed: 'b' } as const
type Total = keyof typeof FIELDS
const TOTALS = Object.keys(FIELDS) as Total[]
const LEGS = ['live', 'shadow'] as const

/** Numbers of one stage, of a size that does not grow. Latencies count where both legs answered: a leg that fails at once is not quick. */
export class StageCounts implements Record<Total, number> {
  samples = 0
  different = 0
  shadowOnly = 0
  liveOnly = 0
  bothFailed = 0
  readonly live = new Float64Array(BUCKETS)
  readonly shadow = new Float64Array(BUCKETS)

  /** Those that a tally holds; what is no count there is none. */
  static ofTally (tally: Readonly<Record<string, number>>): StageCounts {
    const counts = new StageCounts()
    const countAt = (field: string): number => {
      const n = tally[field] ?? 0
      return n > 0 && n < Infinity ? n : 0
    }
    for (const total of TOTALS) counts[total] = countAt(FIELDS[total])
    for (const leg of LEGS) for (let i = 0; i < BUCKETS; i++) counts[leg][i] = countAt(leg + i)
    return counts
  }

  /** How many of them both legs answered. */
  get answered (): number { return this.samples - this.shadowOnly - this.liveOnly - this.bothFailed }

  record ({ different, shadowFailed, liveFailed, liveMs, shadowMs }: RampSample): void {
    this.samples++
    if (different) this.different++
    if (shadowFailed && liveFailed) this.bothFailed++
    else if (shadowFailed) this.shadowOnly++
    else if (liveFailed) this.liveOnly++
    else {
      this.live[bucketOf(liveMs)]!++
      this.shadow[bucketOf(shadowMs)]!++
    }
  }

  add (more: StageCounts): void {
    for (const total of TOTALS) this[total] += more[total]
    for (const leg of LEGS) for (let i = 0; i < BUCKETS; i++) this[leg][i]! += more[leg][i]!
  }

  clear (): void {
    for (const total of TOTALS) this[total] = 0
    for (const leg of LEGS) this[leg].fill(0)
  }

  copy (): StageCounts {
    const copy = new StageCounts()
    copy.add(this)
    return copy
  }

  /** What a tally takes: only what is not 0. */
  amounts (): Record<string, number> {
    const amounts: Record<string, number> = {}
    for (const total of TOTALS) if (this[total] > 0) amounts[FIELDS[total]] = this[total]
    for (const leg of LEGS) for (let i = 0; i < BUCKETS; i++) if (this[leg][i]! > 0) amounts[leg + i] = this[leg][i]!
    return amounts
  }
}
