import type { Random } from '../../../../src/contract/index.ts'
import type { Comparison, Difference, NotCompared } from '../comparison.ts'
import type { Reason } from '../outcome.ts'
import { DifferenceCounts } from './difference-counts.ts'
import type { Judge } from './judge.ts'
import type { LedgerOptions } from './ledger-schema.ts'
import type { Finding, FindingVerdict, LedgerVerdict, LedgerView } from './ledger-view.ts'
import { LegErrors } from './leg-errors.ts'
import { LegLatencies } from './leg-latencies.ts'
import { Places } from './places.ts'
import { rounded } from './tally.ts'

/** Samples of all paths together; whoever comes later keeps one. */
const SAMPLES = 4000

const ORDER: Readonly<Record<FindingVerdict, number>> = { difference: 0, undecided: 1, noise: 2 }

/** What is thought of the counts at the moment. */
export interface Reckoned extends Pick<LedgerView, 'verdict' | 'compared' | 'equal' | 'noise' | 'undecided' | 'different' | 'differing' | 'unexplained' | 'differences'> {}

/** All that a ledger has counted since it was last reset. */
export class LedgerCounts {
  readonly errors = new LegErrors()
  readonly latencies = new LegLatencies()
  /** Of answers whose noise is learned. */
  readonly known: DifferenceCounts
  /** Of those where it cannot be: what is never asked twice would look like a difference beside the noise of the others. */
  readonly blind: DifferenceCounts
  readonly #judge: Judge
  readonly #skipped = new Map<NotCompared, number>()
  readonly #failed = new Map<Reason, number>()

  constructor ({ samples, paths }: LedgerOptions, judge: Judge, random: Random) {
    const allowance = { places: paths, samples: SAMPLES }
    this.#judge = judge
    this.known = new DifferenceCounts(new Places(samples, allowance), judge, random, true)
    this.blind = new DifferenceCounts(new Places(samples, allowance), judge, random, false)
  }

  /** The differences of what was compared, if only in part; null where nothing was. */
  toCompare ({ verdict, reason, differences }: Comparison): readonly Difference[] | null {
    if (verdict !== 'skipped') return differences
    if (reason !== null) this.#skipped.set(reason, (this.#skipped.get(reason) ?? 0) + 1)
    return differences.length === 0 ? null : differences
  }

  failed (reason: Reason): void {
    this.#failed.set(reason, (this.#failed.get(reason) ?? 0) + 1)
  }

  reckoned (): Reckoned {
    const known = this.known.judged()
    const blind = this.blind.judged()
    const compared = this.known.compared + this.blind.compared
    const [ofKnown, ofBlind] = [this.known.outcome(known), this.blind.outcome(blind)]
    const real = ofKnown.real + ofBlind.real
    const undecided = ofKnown.undecided + ofBlind.undecided
    const differences = [
      ...known.map(one => this.known.finding(one)),
      ...blind.map(one => this.blind.finding(one)),
      ...this.latencies.findings(this.#judge),
      ...this.errors.findings(this.#judge)
    ].sort(worstFirst)
    return {
      verdict: verdictOf(compared, differences),
      compared,
      equal: this.known.equal + this.blind.equal,
      noise: ofKnown.noise + ofBlind.noise,
      undecided,
      different: ofKnown.different + ofBlind.different,
      differing: share(real, compared),
      unexplained: share(real + undecided, compared),
      differences
    }
  }

  view (): Omit<LedgerView, 'version' | 'shadow' | 'since' | 'until' | 'report'> {
    return {
      pairs: this.errors.pairs,
      ...this.reckoned(),
      skipped: Object.fromEntries(this.#skipped),
      failed: Object.fromEntries(this.#failed),
      noiseComparisons: this.known.noiseComparisons,
      comparedBlind: this.blind.compared,
      errors: this.errors.view(),
      latency: this.latencies.view()
    }
  }
}

const share = (count: number, of: number): number => of === 0 ? 0 : rounded(count / of, 9)

const worstFirst = (a: Finding, b: Finding): number =>
  ORDER[a.verdict] - ORDER[b.verdict] || b.absolute - a.absolute || (a.path < b.path ? -1 : 1)

function verdictOf (compared: number, [worst]: readonly Finding[]): LedgerVerdict {
  if (worst === undefined || worst.verdict === 'noise') return compared === 0 ? 'empty' : 'equal'
  return worst.verdict === 'difference' ? 'different' : 'undecided'
}
