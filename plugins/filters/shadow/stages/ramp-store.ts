import { StoreUnavailable, type Random, type Store } from '../../../../src/contract/index.ts'
import { epochOf, firstState, parseState, type RampState } from './ramp-state.ts'
import { StageCounts } from './stage-counts.ts'
import type { Stage } from './stages-schema.ts'

/** A state as it stands in the store: what replaces it must name it. */
export interface Kept { readonly raw: string, readonly state: RampState }

/** Where a ramp is kept. */
export interface RampPlace { readonly store: Store, readonly random: Random, readonly stages: readonly Stage[], /** Of all that use the ramp with the same stages. */ readonly name: string }

const DAY_MS = 86_400_000
const STATE_TTL_MS = 30 * DAY_MS
const IDS = 2 ** 48

/** The state of a ramp and the totals of its stage, in the store. Every method rejects with StoreUnavailable. */
export class RampStore {
  readonly #place: RampPlace

  constructor (place: RampPlace) {
    this.#place = place
  }

  /** Where there is none, or none that can be read, the ramp begins. */
  async read (at: string): Promise<Kept> {
    const known = await this.#get()
    if (known.kept !== null) return known.kept
    const begun = await this.#swap(known.raw, firstState(Math.floor(this.#place.random.next() * IDS), at))
    const { kept } = begun === null ? await this.#get() : { kept: begun }
    if (kept === null) throw new StoreUnavailable('the state of the ramp does not stay')
    return kept
  }

  /** Null where somebody else was first. */
  replace ({ raw }: Kept, next: RampState): Promise<Kept | null> {
    return this.#swap(raw, next)
  }

  /** Adds to the totals of all processes, and gives them. */
  async tally (state: RampState, counts: StageCounts): Promise<StageCounts> {
    const { store, stages } = this.#place
    const ttlMs = Math.max(DAY_MS, 2 * (stages[state.stage]?.hold ?? 0))
    return StageCounts.ofTally(await store.tally(this.#totalsKey(state), counts.amounts(), ttlMs))
  }

  /** Totals that nobody asks for any more; what is not deleted ends by itself. */
  async forget (state: RampState): Promise<void> {
    await this.#place.store.delete(this.#totalsKey(state)).catch(() => {})
  }

  async #get (): Promise<{ raw: string | null, kept: Kept | null }> {
    const { store, name, stages } = this.#place
    const raw = await store.get(name)
    const state = raw === null ? null : parseState(raw, stages.length)
    return { raw, kept: raw === null || state === null ? null : { raw, state } }
  }

  async #swap (expected: string | null, state: RampState): Promise<Kept | null> {
    const { store, name } = this.#place
    const raw = JSON.stringify(state)
    return await store.swap(name, expected, raw, STATE_TTL_MS) ? { raw, state } : null
  }

  #totalsKey (state: RampState): string {
    return `${this.#place.name}:${epochOf(state)}`
  }
}
