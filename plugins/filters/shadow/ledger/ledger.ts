import type { Services } from '../../../../src/contract/index.ts'
import type { Answer } from '../answer.ts'
import type { Comparison } from '../comparison.ts'
import type { Reason } from '../outcome.ts'
import type { PairVerdict } from './difference-counts.ts'
import { Judge } from './judge.ts'
import { LedgerCounts } from './ledger-counts.ts'
import { LedgerMetrics } from './ledger-metrics.ts'
import type { LedgerOptions } from './ledger-schema.ts'
import type { LedgerSummary, LedgerView } from './ledger-view.ts'

/** What live and shadow answered to the same request. */
export interface Pair {
  readonly live: Answer
  readonly shadow: Answer
  /** Null where nothing is compared. */
  readonly comparison: Comparison | null
  /** Of both: shown beside samples. */
  readonly requestId?: string
  /** False for a request whose like is never asked of the live version twice: nothing tells its differences from noise. */
  readonly noiseKnown?: boolean
}

/** What the live version answered to the same request when it was asked twice, or its secondary was. */
export interface Repeat { readonly live: Answer, readonly other: Answer, readonly comparison: Comparison | null }

/**
 * The books on one shadow of one route: how its answers differ from the live ones, how much of that is noise, and what is sure. In bounded memory:
 * with the defaults 5 MB at worst (1000 paths of 256 characters, 5000 samples), and some 50 kB for a shadow that differs in a few places.
 */
export class Ledger {
  readonly #options: LedgerOptions
  readonly #shadow: string
  readonly #services: Pick<Services, 'metrics' | 'clock' | 'random'>
  readonly #metrics: LedgerMetrics
  readonly #judge: Judge
  #counts: LedgerCounts
  #sinceMs: number

  constructor (options: LedgerOptions, shadow: string, services: Pick<Services, 'metrics' | 'clock' | 'random'>) {
    this.#options = options
    this.#shadow = shadow
    this.#services = services
    this.#metrics = new LedgerMetrics(services.metrics, shadow)
    this.#judge = new Judge(options)
    this.#counts = new LedgerCounts(options, this.#judge, services.random)
    this.#sinceMs = services.clock.now()
  }

  /** Counts a pair. What it came to, with the noise that is known by now (none known: it is different); null where it was not compared. */
  compared ({ live, shadow, comparison, requestId = '', noiseKnown = true }: Pair): PairVerdict | null {
    const counts = this.#counts
    counts.errors.record(live, shadow)
    // Of the same requests on both sides: who gives up on the slow ones is not fast
    if (live.status > 0 && shadow.status > 0) counts.latencies.record(live.headMs, shadow.headMs)
    this.#metrics.legs(live, shadow)
    const differences = comparison && counts.toCompare(comparison)
    if (differences === null) {
      this.#metrics.compared('skipped')
      return null
    }
    const origin = { requestId, atMs: differences.length === 0 ? 0 : this.#services.clock.now() }
    const verdict = (noiseKnown ? counts.known : counts.blind).count(differences, origin, this.#metrics.differs)
    this.#metrics.compared(verdict)
    return verdict
  }

  /** Counts how two answers of the live version differ: that much is noise. */
  noise ({ comparison }: Repeat): void {
    if (comparison === null || (comparison.verdict === 'skipped' && comparison.differences.length === 0)) return
    this.#counts.known.learn(comparison.differences)
  }

  /** Counts what was sent to the shadow, and no pair came of it. */
  failed (reason: Reason): void {
    this.#counts.failed(reason)
  }

  /** How often two answers of the live version have been compared. */
  get noiseComparisons (): number { return this.#counts.known.noiseComparisons }

  /** Share of the compared pairs that differ beyond noise, 0 to 1. Reckoned anew each time: for every report, not for every request. */
  get differing (): number { return this.#counts.reckoned().differing }

  summary (): LedgerSummary {
    const { compared, differing, unexplained, differences, verdict } = this.#counts.reckoned()
    const { live, shadow } = this.#counts.errors.view()
    const p99Ratio = this.#counts.latencies.ratio('p99')
    return { compared, differing, unexplained, liveErrors: live.rate, shadowErrors: shadow.rate, p99Ratio, differences: differences.filter(one => one.verdict === 'difference').length, verdict }
  }

  view (): LedgerView {
    const { report, confidence } = this.#options
    return {
      version: 1,
      shadow: this.#shadow,
      since: new Date(this.#sinceMs).toISOString(),
      until: new Date(this.#services.clock.now()).toISOString(),
      ...this.#counts.view(),
      report: { ...report, confidence }
    }
  }

  /** Begins anew. Metrics go on. */
  reset (): void {
    this.#counts = new LedgerCounts(this.#options, this.#judge, this.#services.random)
    this.#sinceMs = this.#services.clock.now()
  }
}
