import type { ErrorCode } from '../../../../src/contract/index.ts'
import type { DifferenceKind, NotCompared } from '../comparison.ts'
import type { Reason } from '../outcome.ts'

/**
 * `difference`: beyond noise and beyond chance. `noise`: no more than the live version differs from itself, or too rare to be reported.
 * `undecided`: more than the noise that is known, and too little of it is known to be sure.
 */
export type FindingVerdict = 'difference' | 'undecided' | 'noise'

/** How often, and which share of all, 0 to 1. */
export interface Tally { readonly count: number, readonly rate: number }

/** One difference as it was met: masked. */
export interface Sample {
  /** Empty where nobody said it. */
  readonly requestId: string
  /** RFC 3339. */
  readonly time: string
  readonly live: string
  readonly shadow: string
  /** Only under `other`: where it was. */
  readonly path?: string
}

/** One place where live and shadow differ. */
export interface Finding {
  /** As in Difference; `latency/p99` (p50, p95) and `errors` for what is no place in an answer, `other` for the places beyond `paths`. */
  readonly path: string
  readonly kind: DifferenceKind | 'other' | 'latency' | 'error-rate'
  /** Live and shadow. For `error-rate` the errors of the shadow, for `latency` its answers slower than a time between the two quantiles. */
  readonly raw: Tally
  /** Live and live. For `error-rate` and `latency` the same of the live version. */
  readonly noise: Tally
  /** |raw - noise| / (raw + noise), of the rates. */
  readonly relative: number
  /** |raw - noise|, of the rates. */
  readonly absolute: number
  /** That this is no chance, over all paths and all times somebody looks; 0.999999 at most. Null where noise cannot be learned: nothing vouches for the difference. */
  readonly confidence: number | null
  readonly verdict: FindingVerdict
  readonly samples: readonly Sample[]
}

/** Of one leg, in pairs where both answered; null where there are none. */
export interface LatencyView {
  readonly count: number
  readonly meanMs: number | null
  readonly p50Ms: number | null
  readonly p90Ms: number | null
  readonly p95Ms: number | null
  readonly p99Ms: number | null
}

/** Of one leg: no answer, none that was whole, or a status from 500. */
export interface ErrorsView extends Tally { readonly codes: Readonly<Partial<Record<ErrorCode, number>>> }

/** `equal`: no difference beyond noise. `empty`: nothing was compared. */
export type LedgerVerdict = 'different' | 'undecided' | 'equal' | 'empty'

/** A line of the list of ledgers. */
export interface LedgerSummary {
  readonly compared: number
  /** As in LedgerView. */
  readonly differing: number
  readonly unexplained: number
  readonly liveErrors: number
  readonly shadowErrors: number
  /** Shadow to live; null as long as nothing was measured. */
  readonly p99Ratio: number | null
  /** How many findings are differences. */
  readonly differences: number
  readonly verdict: LedgerVerdict
}

/** All that is known of one shadow of one route. It is saved in files: a field that changes its meaning needs another `version`. */
export interface LedgerView {
  readonly version: 1
  readonly shadow: string
  /** RFC 3339. */
  readonly since: string
  readonly until: string
  readonly verdict: LedgerVerdict
  /** Pairs of answers, with and without comparison. */
  readonly pairs: number
  /** How many of them were compared: the sum of the four below, as known now. */
  readonly compared: number
  readonly equal: number
  readonly noise: number
  readonly undecided: number
  readonly different: number
  /** Not compared, or not wholly, by reason. */
  readonly skipped: Readonly<Partial<Record<NotCompared, number>>>
  /** Sent to the shadow, and no pair came of it, by reason. */
  readonly failed: Readonly<Partial<Record<Reason, number>>>
  /** Share of the compared pairs that differ beyond noise, 0 to 1: noise that happens to be at the same places is taken off. */
  readonly differing: number
  /** Share of the compared pairs that noise does not explain as far as it is known: `differing`, and what is undecided. */
  readonly unexplained: number
  /** How often two answers of the live version were compared. */
  readonly noiseComparisons: number
  /** Of the compared pairs, those whose noise cannot be learned. */
  readonly comparedBlind: number
  readonly errors: { readonly live: ErrorsView, readonly shadow: ErrorsView }
  readonly latency: {
    readonly live: LatencyView
    readonly shadow: LatencyView
    /** Shadow to live. */
    readonly ratio: { readonly p50: number | null, readonly p95: number | null, readonly p99: number | null }
  }
  /** What is reported from. */
  readonly report: { readonly relative: number, readonly absolute: number, readonly confidence: number }
  /** Worst first: differences, then what is undecided, then noise. */
  readonly differences: readonly Finding[]
}
