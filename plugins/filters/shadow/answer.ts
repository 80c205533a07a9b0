import type { ErrorCode, HeaderList } from '../../../src/contract/index.ts'

/** What one leg got, as far as it is compared. */
export interface Answer {
  /** Of the head; 0 where none came. */
  readonly status: number
  readonly headers: HeaderList
  /** What came of the body, no more than `maxBytes` of the comparison; null where it was not kept at all. */
  readonly body: Uint8Array | null
  /** `whole`: the body ended and all of it is in `body`. `over`: it is larger than what may be compared. `broken`: it broke off before its end. */
  readonly extent: 'whole' | 'over' | 'broken'
  /** Why no answer came, or none that was whole; null for a good one. */
  readonly code: ErrorCode | null
  /** From the start of the call to the head of the answer (or to its end where none came), in milliseconds. */
  readonly headMs: number
}
