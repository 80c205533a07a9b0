import { randomBytes } from 'node:crypto'
import type { Clock, Store } from '../../../../src/contract/index.ts'

/** A period's nonce and the one before it; null where none was handed out. */
export interface NoncePair { readonly current: string, readonly previous: string | null }

/**
 * Nonces for DPoP proofs (RFC 9449 8, 9): one for everybody in each period, drawn by whichever gateway needs it first and kept
 * in the store, so that every gateway knows the nonces of the others. One is good for a period and the next.
 */
export class DpopNonces {
  readonly #store: Store
  readonly #clock: Clock
  readonly #periodMs: number
  #known: { readonly period: number, readonly pair: Promise<NoncePair> } | null = null

  constructor (store: Store, clock: Clock, periodMs: number) {
    this.#store = store
    this.#clock = clock
    this.#periodMs = periodMs
  }

  /** Those of the moment; asks the store once a period. Rejects with StoreUnavailable. */
  async pair (): Promise<NoncePair> {
    const period = Math.floor(this.#clock.now() / this.#periodMs)
    if (this.#known?.period === period) return await this.#known.pair
    const known = { period, pair: this.#ask(period) }
    this.#known = known
    try {
      return await known.pair
    } catch (error) {
      if (this.#known === known) this.#known = null
      throw error
    }
  }

  async #ask (period: number): Promise<NoncePair> {
    const drawn = randomBytes(16).toString('base64url')
    const added = await this.#store.add(this.#key(period), drawn, this.#periodMs * 3)
    const [current, previous] = await this.#store.getAll([this.#key(period), this.#key(period - 1)])
    return { current: (added ? drawn : current) ?? drawn, previous: previous ?? null }
  }

  #key (period: number): string {
    return `dpop-nonce:${this.#periodMs}:${period}`
  }
}
