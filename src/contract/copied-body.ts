import type { BodyCopy, BodyCopyState } from './body-copy.ts'

/** Memory that copies share with others: `take` says whether there is so much left. */
export interface CopyBudget { take(bytes: number): boolean, give(bytes: number): void }

/** For the machine: the copy of a body that somebody else reads, who tells it what has passed. */
export class CopiedBody implements BodyCopy {
  state: BodyCopyState = 'arriving'
  size = 0
  readonly #maxBytes: number
  readonly #budget: CopyBudget | null
  #kept = 0
  #pieces: Pieces | null = null
  #told: (() => void) | null = null
  #released = false

  /** `budget` null: what is kept is not counted. */
  constructor (maxBytes: number, budget: CopyBudget | null) {
    this.#maxBytes = maxBytes
    this.#budget = budget
  }

  /** More of the body has passed. Nobody may write to these bytes any more. */
  add (chunk: Uint8Array): void {
    if (this.#released) return
    const { byteLength } = chunk
    this.size += byteLength
    if (this.state !== 'arriving' || byteLength === 0) return
    const fits = Math.min(byteLength, this.#maxBytes - this.#kept)
    if (this.#budget?.take(fits) === false) {
      this.#settle('over')
      return
    }
    this.#kept += fits
    this.#pieces ??= new Pieces()
    this.#pieces.add(fits === byteLength ? chunk : chunk.subarray(0, fits))
    if (fits < byteLength) this.#settle('over')
  }

  /** Nothing more will pass: that was all, or it broke off. */
  end (whole: boolean): void {
    if (this.state === 'arriving') this.#settle(whole ? 'whole' : 'broken')
  }

  bytes (): Uint8Array {
    return this.#pieces?.joined() ?? new Uint8Array()
  }

  settled (told: () => void): void {
    if (this.state === 'arriving') this.#told = told
    else told()
  }

  release (): void {
    if (this.#released) return
    this.#released = true
    this.#told = null
    this.#pieces = null
    this.#budget?.give(this.#kept)
    this.#kept = 0
    if (this.state === 'arriving') this.state = 'broken'
  }

  #settle (state: BodyCopyState): void {
    this.state = state
    const told = this.#told
    this.#told = null
    told?.()
  }
}

/** Tells all copies of one body that nothing more will pass. */
export function endCopies (copies: readonly CopiedBody[] | null, whole: boolean): void {
  if (copies !== null) for (const copy of copies) copy.end(whole)
}

/** Smaller pieces would each cost more than they hold. */
const SMALL = 1024
const SLAB_BYTES = 4096

/** Bytes in order, in little more memory than they have: pieces that keep much else alive (what else was read with them), or are small, are copied. */
class Pieces {
  #list: Uint8Array[] = []
  #slab: Uint8Array = new Uint8Array()
  /** What of the slab is in use, and what of that is not in the list yet. */
  #used = 0
  #open = 0

  add (piece: Uint8Array): void {
    const { byteLength } = piece
    if (byteLength >= SMALL && byteLength * 2 >= piece.buffer.byteLength) {
      this.#closeSlab()
      this.#list.push(piece)
      return
    }
    if (byteLength > this.#slab.byteLength - this.#used) this.#nextSlab(byteLength)
    this.#slab.set(piece, this.#used)
    this.#used += byteLength
  }

  joined (): Uint8Array {
    this.#closeSlab()
    if (this.#list.length !== 1) this.#list = [Buffer.concat(this.#list)]
    return this.#list[0]!
  }

  /** The first is no larger than it must be: most small bodies are one piece. */
  #nextSlab (byteLength: number): void {
    this.#closeSlab()
    const isFirst = this.#slab.byteLength === 0
    this.#slab = Buffer.allocUnsafeSlow(isFirst ? byteLength : Math.max(byteLength, SLAB_BYTES))
    this.#used = this.#open = 0
  }

  #closeSlab (): void {
    if (this.#used > this.#open) this.#list.push(this.#slab.subarray(this.#open, this.#used))
    this.#open = this.#used
  }
}
