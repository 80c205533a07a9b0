import type { Clock } from '../../../../src/contract/index.ts'
import type { NotCompared } from '../comparison.ts'

/** Ends a comparison that would take more than it may. `slice`: more time than may be spent at once. */
export class LimitReached extends Error {
  override readonly name = 'LimitReached'
  readonly reason: NotCompared | 'slice'

  constructor (reason: NotCompared | 'slice') {
    super(reason)
    this.reason = reason
  }
}

/** Units of work between two looks at the clock: some twenty microseconds. */
const STRIDE = 512
/** What takes so many at one go takes milliseconds: that is known before. */
const AT_ONE_GO = 50_000

/** What one comparison may spend. */
export interface Allowance {
  /** Values in one JSON document, and how deep they nest. */
  readonly nodes: number
  readonly depth: number
  /** Of a decoded body. */
  readonly maxBytes: number
  /** Null where another thread does the work: who waits for it has a time limit of its own. */
  readonly slice: { readonly ms: number, readonly clock: Clock } | null
}

/** Work done so far against what is allowed. */
export class Budget {
  readonly allowance: Allowance
  readonly #most: number
  readonly #deadline: number
  #spent = 0
  #look = STRIDE

  constructor (allowance: Allowance) {
    this.allowance = allowance
    // Reading and walking take a few units for each value; only masks, and pairing up lists, can take many times that
    this.#most = 65_536 + 64 * allowance.nodes + 8 * allowance.maxBytes
    this.#deadline = allowance.slice === null ? Infinity : allowance.slice.clock.monotonic() + allowance.slice.ms
  }

  /** To be called before the work is done. Throws LimitReached. A unit is about what it takes to look at one value, or at sixteen characters. */
  spend (units: number): void {
    this.#spent += units
    if (this.#spent >= this.#look) this.#check(units)
  }

  #check (units: number): void {
    const { slice } = this.allowance
    this.#look = this.#spent + STRIDE
    if (this.#spent > this.#most) throw new LimitReached('too-many-nodes')
    if (slice !== null && (units > AT_ONE_GO || slice.clock.monotonic() > this.#deadline)) throw new LimitReached('slice')
  }
}
