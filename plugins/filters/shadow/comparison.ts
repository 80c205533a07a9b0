import type { Answer } from './answer.ts'

/**
 * How two values differ. Finer than "differs", because each kind has a noise of its own: a time that is never the same twice is noise as `value`,
 * and still no noise where one of the two is no time at all (`format`) or an hour off (`time`).
 */
export type DifferenceKind =
  | 'status' | 'header' | 'missing' | 'added' | 'type' | 'format' | 'value' | 'number' | 'time' | 'length' | 'order'
  | 'encoding' | 'media-type' | 'text' | 'hash' | 'truncated' | 'error'

/** One place where two answers differ. `live` and `shadow` are masked: what may be stored and shown. */
export interface Difference {
  /** `status`, `header/etag`, `body`, or `body` and a JSON pointer in which every array index is `*`: `body/items/*\/price`. */
  readonly path: string
  readonly kind: DifferenceKind
  readonly live: string
  readonly shadow: string
}

/** Why two answers were not compared, or not wholly. */
export type NotCompared = 'too-large' | 'too-deep' | 'too-many-nodes' | 'busy' | 'timeout' | 'failed' | 'no-answer'

/** What a comparison found: no more than 100 differences, one for each path and kind. */
export interface Comparison {
  readonly verdict: 'equal' | 'different' | 'skipped'
  /** Set where the verdict is `skipped`. */
  readonly reason: NotCompared | null
  readonly differences: readonly Difference[]
}

/** Compares two answers. At once where they are small, else aside in slices; never rejects. */
export type Comparer = (live: Answer, other: Answer) => Comparison | Promise<Comparison>
