import type { Random } from '../../../../src/contract/index.ts'
import type { Difference, DifferenceKind } from '../comparison.ts'
import type { Judge, Judged } from './judge.ts'
import type { Origin } from './kept-samples.ts'
import type { Finding, FindingVerdict } from './ledger-view.ts'
import type { Place, Places } from './places.ts'
import { tally } from './tally.ts'

/** What one pair of answers came to, with the noise that is known by then. */
export type PairVerdict = 'equal' | 'noise' | 'different'

const RANK: Readonly<Record<FindingVerdict, number>> = { noise: 0, undecided: 1, difference: 2 }
/** More than a confidence and a share can come to. */
const RANK_WEIGHT = 4

/** A place, and what is thought of it now. */
export interface JudgedPlace { readonly place: Place, readonly judged: Judged }

/** How many pairs differ, or may, or do so by noise only; `real` is `different` without the share of it that is noise at the same places. */
export interface Outcome { readonly different: number, readonly undecided: number, readonly noise: number, readonly real: number }

/** Counts where pairs of answers differ, in live and shadow, and in live and live. */
export class DifferenceCounts {
  readonly #places: Places
  readonly #judge: Judge
  readonly #random: Random
  /** Whether noise of such answers can be learned at all. */
  readonly #learns: boolean
  #compared = 0
  #equal = 0
  #noiseComparisons = 0
  /** Numbers each comparison of both kinds. */
  #comparison = 0

  constructor (places: Places, judge: Judge, random: Random, learns: boolean) {
    this.#places = places
    this.#judge = judge
    this.#random = random
    this.#learns = learns
  }

  get compared (): number { return this.#compared }
  get equal (): number { return this.#equal }
  get noiseComparisons (): number { return this.#noiseComparisons }

  /** Live and shadow. `unexplained` is told the kind of each difference that is no noise. */
  count (differences: readonly Difference[], origin: Origin, unexplained: (kind: DifferenceKind) => void): PairVerdict {
    this.#compared++
    if (differences.length === 0) {
      this.#equal++
      return 'equal'
    }
    this.#comparison++
    let first: Place | null = null
    let most = -1
    for (const difference of differences) {
      const place = this.#places.at(difference.path, difference.kind)
      if (place.comparison === this.#comparison) continue
      place.comparison = this.#comparison
      place.raw++
      place.samples.offer(difference, origin, this.#random)
      const judged = this.#judged(place)
      if (judged.verdict !== 'noise') unexplained(difference.kind)
      const weight = weightOf(judged)
      if (weight > most) [first, most] = [place, weight]
    }
    if (first !== null) first.led++
    return most < RANK_WEIGHT ? 'noise' : 'different'
  }

  /** Live and live. */
  learn (differences: readonly Difference[]): void {
    this.#noiseComparisons++
    this.#comparison++
    for (const { path, kind } of differences) {
      const place = this.#places.at(path, kind)
      if (place.comparison === this.#comparison) continue
      place.comparison = this.#comparison
      place.noise++
    }
  }

  /** Every place where live and shadow differ, as it is thought of now. */
  judged (): JudgedPlace[] {
    return this.#places.all().filter(({ raw }) => raw > 0).map(place => ({ place, judged: this.#judged(place) }))
  }

  finding ({ place, judged }: JudgedPlace): Finding {
    const { path, kind, raw, noise, samples } = place
    return { path, kind, raw: tally(raw, this.#compared), noise: tally(noise, this.#noiseComparisons), ...judged, samples: samples.view() }
  }

  /**
   * The pairs by what they come to now. Each counts at the one place that spoke most for a difference when it was counted; where that has turned out
   * to be noise meanwhile, they are still no fewer than at the worst place alone.
   */
  outcome (places: readonly JudgedPlace[]): Outcome {
    let [ledReal, led, worst, worstReal, undecided] = [0, 0, 0, 0, 0]
    for (const { place, judged: { verdict, absolute } } of places) {
      if (verdict === 'undecided') undecided += place.led
      if (verdict !== 'difference') continue
      const real = absolute * this.#compared
      led += place.led
      ledReal += place.led * real / place.raw
      worst = Math.max(worst, place.raw)
      worstReal = Math.max(worstReal, real)
    }
    const different = Math.max(led, worst)
    const rest = this.#compared - this.#equal - different
    undecided = Math.min(undecided, rest)
    return { different, undecided, noise: rest - undecided, real: Math.max(ledReal, worstReal) }
  }

  #judged ({ raw, noise }: Place): Judged {
    return this.#learns ? this.#judge.rates(raw, this.#compared, noise, this.#noiseComparisons) : this.#judge.blind(raw, this.#compared)
  }
}

const weightOf = ({ verdict, confidence, absolute }: Judged): number => RANK[verdict] * RANK_WEIGHT + (confidence ?? 0) + absolute
