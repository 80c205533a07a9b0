import { rateEvidence } from './evidence.ts'
import type { LedgerOptions } from './ledger-schema.ts'
import type { Finding, FindingVerdict } from './ledger-view.ts'

/** The part of a finding that is reckoned. */
export type Judged = Pick<Finding, 'relative' | 'absolute' | 'confidence' | 'verdict'>

/** Beside the paths: `other`, latency, errors. */
const MORE_TESTS = 3
/** Fewer noise comparisons may all be of one moment, and not tell of each other's chance. */
const LEAST_NOISE = 10
/** A probability is never said to be 1. */
const SUREST = 0.999999

/**
 * Says which differences are real: beyond noise by Diffy's rule (relative and absolute difference of the rates), and beyond chance.
 * Of the chance that is left, each path that may be counted has an equal part (Bonferroni), from the first pair on.
 */
export class Judge {
  readonly #relative: number
  readonly #absolute: number
  readonly #confidence: number
  readonly #lnTests: number

  constructor ({ report, confidence, paths }: LedgerOptions) {
    this.#relative = report.relative
    this.#absolute = report.absolute
    this.#confidence = confidence
    this.#lnTests = Math.log(paths + MORE_TESTS)
  }

  /** `raw` of `comparisons` differ, and `noise` of `noiseComparisons`. */
  rates (raw: number, comparisons: number, noise: number, noiseComparisons: number): Judged {
    const noiseRate = noiseComparisons === 0 ? 0 : noise / noiseComparisons
    const effect = this.effect(raw / comparisons, noiseRate)
    if (noiseComparisons === 0) return judged(effect, 0, 'undecided')
    if (!effect.counts) return judged(effect, 0, 'noise')
    const { confidence, verdict } = this.decide(effect, rateEvidence(raw, comparisons, noise, noiseComparisons))
    return judged(effect, confidence, noiseComparisons < LEAST_NOISE ? 'undecided' : verdict)
  }

  /** Without noise to compare with: whatever counts is shown as a difference that nobody vouches for. */
  blind (raw: number, comparisons: number): Judged {
    const effect = this.effect(raw / comparisons, 0)
    return judged(effect, null, effect.counts ? 'difference' : 'noise')
  }

  /** Diffy's rule. */
  effect (raw: number, noise: number): Effect {
    const absolute = Math.abs(raw - noise)
    const relative = absolute === 0 ? 0 : absolute / (raw + noise)
    return { relative, absolute, counts: raw > noise && relative > this.#relative && absolute > this.#absolute }
  }

  /** For an effect that counts: `tests` is how many the evidence is the best of. */
  decide (effect: Effect, lnEvidence: number, tests = 1): Judged {
    const confidence = Math.min(SUREST, Math.max(0, 1 - Math.exp(this.#lnTests + Math.log(tests) - lnEvidence)))
    return judged(effect, confidence, confidence >= this.#confidence ? 'difference' : 'undecided')
  }
}

/** How far two rates are apart, and whether that is enough to report it. */
interface Effect { readonly relative: number, readonly absolute: number, readonly counts: boolean }

const judged = ({ relative, absolute }: Effect, confidence: number | null, verdict: FindingVerdict): Judged => ({ relative, absolute, confidence, verdict })
