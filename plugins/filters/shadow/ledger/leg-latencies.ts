import { pairEvidence } from './evidence.ts'
import type { Judge } from './judge.ts'
import { BUCKETS, LatencyHistogram } from './latency-histogram.ts'
import type { Finding, LatencyView, LedgerView } from './ledger-view.ts'
import { rounded, tally } from './tally.ts'

const QUANTILES = { p50: 0.5, p95: 0.95, p99: 0.99 } as const
type Quantile = keyof typeof QUANTILES

/** Less than this is not slower, however sure it is. */
const LEAST_RATIO = 1.25
const LEAST_MS = 1

/**
 * How long live and shadow take for the same requests, and whether the shadow is slower beyond chance. Told by pairs: for each limit between two
 * buckets, how often only the one was above it, and how often only the other. So a slow hour or a slow path that both share says nothing.
 */
export class LegLatencies {
  readonly #live = new LatencyHistogram()
  readonly #shadow = new LatencyHistogram()
  /** What the counts at a limit are more, or less, than at the limit before: a pair is two additions, however far apart its times are. */
  readonly #onlyShadow = new Float64Array(BUCKETS)
  readonly #onlyLive = new Float64Array(BUCKETS)

  record (liveMs: number, shadowMs: number): void {
    const live = this.#live.record(liveMs)
    const shadow = this.#shadow.record(shadowMs)
    if (live === shadow) return
    const only = shadow > live ? this.#onlyShadow : this.#onlyLive
    only[Math.min(live, shadow)]!++
    only[Math.max(live, shadow)]!--
  }

  /** Shadow to live; null as long as nothing was measured. */
  ratio (quantile: Quantile): number | null {
    const live = this.#live.quantile(QUANTILES[quantile])
    const shadow = this.#shadow.quantile(QUANTILES[quantile])
    return live === null || shadow === null ? null : rounded(shadow.ms / live.ms, 3)
  }

  view (): LedgerView['latency'] {
    return {
      live: viewOf(this.#live),
      shadow: viewOf(this.#shadow),
      ratio: { p50: this.ratio('p50'), p95: this.ratio('p95'), p99: this.ratio('p99') }
    }
  }

  /** One for each quantile at which the shadow is slower by enough. */
  findings (judge: Judge): Finding[] {
    return (Object.keys(QUANTILES) as Quantile[]).flatMap(name => this.#finding(name, judge) ?? [])
  }

  #finding (name: Quantile, judge: Judge): Finding | null {
    const live = this.#live.quantile(QUANTILES[name])
    const shadow = this.#shadow.quantile(QUANTILES[name])
    if (live === null || shadow === null) return null
    if (shadow.ms <= live.ms * LEAST_RATIO || shadow.ms - live.ms <= LEAST_MS) return null
    const { limit, lnEvidence } = this.#strongest(live.bucket, shadow.bucket)
    const raw = tally(this.#shadow.above(limit), this.#shadow.total)
    const noise = tally(this.#live.above(limit), this.#live.total)
    // The best of so many as there are limits
    const judged = judge.decide(judge.effect(raw.rate, noise.rate), lnEvidence, BUCKETS)
    return { path: `latency/${name}`, kind: 'latency', raw, noise, ...judged, samples: [] }
  }

  /** Of the limits between the quantile of the one and that of the other: that of which the pairs are clearest. */
  #strongest (from: number, to: number): { limit: number, lnEvidence: number } {
    let best = { limit: from, lnEvidence: -Infinity }
    let shadow = 0
    let live = 0
    for (let limit = 0; limit < to; limit++) {
      shadow += this.#onlyShadow[limit]!
      live += this.#onlyLive[limit]!
      const lnEvidence = limit < from ? -Infinity : pairEvidence(shadow, live)
      if (lnEvidence > best.lnEvidence) best = { limit, lnEvidence }
    }
    return best
  }
}

function viewOf (histogram: LatencyHistogram): LatencyView {
  const at = (quantile: number): number | null => {
    const found = histogram.quantile(quantile)
    return found && rounded(found.ms, 3)
  }
  const { total, meanMs } = histogram
  return { count: total, meanMs: meanMs && rounded(meanMs, 3), p50Ms: at(0.5), p90Ms: at(0.9), p95Ms: at(0.95), p99Ms: at(0.99) }
}
