import type { Random } from '../../../../src/contract/index.ts'
import type { Difference } from '../comparison.ts'
import type { Sample } from './ledger-view.ts'
import { cut } from './own-text.ts'

/** Which answers a difference is from. */
export interface Origin { readonly requestId: string, readonly atMs: number }

interface Kept extends Origin { readonly path: string | null, readonly live: string, readonly shadow: string }

/** What is left of what a ledger may hold, over all of its paths. */
export interface Allowance {
  places: number
  samples: number
}

const LONGEST_VALUE = 128
const LONGEST_ID = 64

/** A few samples of what may be many differences, each as likely to be kept as any other (Vitter, Random sampling with a reservoir, ACM TOMS 11/1, 1985). */
export class KeptSamples {
  readonly #most: number
  readonly #allowance: Allowance
  readonly #withPath: boolean
  readonly #kept: Kept[] = []
  #seen = 0

  /** `most`: 0 for none; `withPath`: they are of several paths. */
  constructor (most: number, allowance: Allowance, withPath: boolean) {
    this.#most = most
    this.#allowance = allowance
    this.#withPath = withPath
  }

  offer (difference: Difference, origin: Origin, random: Random): void {
    this.#seen++
    if (this.#hasRoom()) {
      this.#allowance.samples--
      this.#kept.push(this.#copy(difference, origin))
      return
    }
    const place = Math.floor(random.next() * this.#seen)
    if (place < this.#kept.length) this.#kept[place] = this.#copy(difference, origin)
  }

  /** The oldest first. */
  view (): Sample[] {
    return this.#kept.toSorted((a, b) => a.atMs - b.atMs).map(({ requestId, atMs, live, shadow, path }) =>
      ({ requestId, time: new Date(atMs).toISOString(), live, shadow, ...path !== null && { path } }))
  }

  /** Who comes when the ledger holds all that it may still keeps one. */
  #hasRoom (): boolean {
    const { length } = this.#kept
    return length < this.#most && (length === 0 || this.#allowance.samples > 0)
  }

  #copy ({ path, live, shadow }: Difference, { requestId, atMs }: Origin): Kept {
    return { path: this.#withPath ? cut(path) : null, live: cut(live, LONGEST_VALUE), shadow: cut(shadow, LONGEST_VALUE), requestId: cut(requestId, LONGEST_ID), atMs }
  }
}
