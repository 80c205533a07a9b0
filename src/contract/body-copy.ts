/** What became of a copy: all of it is there; it was more than may be kept; the body broke off. */
export type BodyCopyState = 'arriving' | 'whole' | 'over' | 'broken'

/**
 * A body's bytes kept as they pass by, for somebody who looks on. Bounded, and without any say in how fast the body goes: nobody ever waits for
 * it. Whoever asks for one calls `release` when it is done with it.
 */
export interface BodyCopy {
  readonly state: BodyCopyState
  /** Bytes that have passed so far, kept or not. */
  readonly size: number
  /** What is kept; all of it once `whole`, the beginning (no more than was allowed) before that and where it was `over` or `broken`, nothing after `release`. */
  bytes(): Uint8Array
  /** Told once, when the state is no longer `arriving`; at once where it is not. One listener. */
  settled(told: () => void): void
  /** Lets go of the bytes and stops looking. */
  release(): void
}
