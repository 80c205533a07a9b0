import type { Clock } from '../contract/services.ts'
import type { Address } from './address.ts'
import type { Endpoint } from './endpoint.ts'
import { Member } from './member.ts'

/** Connections to an address, and how they are given back. */
export interface TakenEndpoint { readonly endpoint: Endpoint, release(): void }
export type TakeEndpoint = (address: Address) => TakenEndpoint

/** Hears of each member that comes and goes. */
export interface MemberListener { added(member: Member): void, removed(member: Member): void }

interface Held { readonly member: Member, readonly release: () => void, wasUp: boolean }

/** Which addresses an upstream has, by all that say so. */
export class Members {
  readonly #take: TakeEndpoint
  readonly #clock: Pick<Clock, 'monotonic'>
  readonly #held = new Map<string, Held>()
  readonly #sources = new Map<string, readonly Address[]>()
  readonly #listeners = new Set<MemberListener>()
  #all: readonly Member[] = []

  constructor (take: TakeEndpoint, clock: Pick<Clock, 'monotonic'>) {
    this.#take = take
    this.#clock = clock
  }

  get all (): readonly Member[] { return this.#all }
  get bySource (): ReadonlyMap<string, readonly Address[]> { return this.#sources }

  listen (listener: MemberListener): () => void {
    this.#listeners.add(listener)
    for (const member of this.#all) listener.added(member)
    return () => { this.#listeners.delete(listener) }
  }

  /** Takes what one source says in the place of what it said before. An address that several name stands where the first puts it. False where nothing is other than before. */
  set (addresses: readonly Address[], source: string): boolean {
    this.#sources.set(source, addresses)
    const wanted = new Map<string, Address>()
    for (const address of [...this.#sources.values()].flat()) if (!wanted.has(keyOf(address))) wanted.set(keyOf(address), address)
    const before = this.#all
    const gone = this.#removeAllBut(wanted)
    // The first ones of all are not new to anybody
    const sinceMs = before.length === 0 ? -Infinity : this.#clock.monotonic()
    let moved = 0
    const added: Member[] = []
    for (const [key, address] of wanted) {
      const known = this.#held.get(key)
      if (known !== undefined) moved += Number(known.member.move(address))
      else added.push(this.#add(key, address, sinceMs))
    }
    // In the order of the sources, so that several gateways see the same list
    this.#all = [...wanted.keys()].map(key => this.#held.get(key)!.member)
    this.#tell(added, gone)
    return moved + gone.length + added.length > 0
  }

  /** Whoever is up again begins anew. */
  noteReturns (): void {
    for (const held of this.#held.values()) {
      const { up } = held.member
      if (up && !held.wasUp) held.member.sinceMs = this.#clock.monotonic()
      held.wasUp = up
    }
  }

  close (): void {
    this.#sources.clear()
    const gone = this.#removeAllBut(new Map())
    this.#all = []
    this.#tell([], gone)
  }

  #add (key: string, address: Address, sinceMs: number): Member {
    const { endpoint, release } = this.#take(address)
    const member = new Member(endpoint, address)
    member.sinceMs = sinceMs
    this.#held.set(key, { member, release, wasUp: true })
    return member
  }

  #removeAllBut (wanted: ReadonlyMap<string, Address>): Member[] {
    const gone = [...this.#held].filter(([key]) => !wanted.has(key))
    for (const [key, { release }] of gone) {
      this.#held.delete(key)
      release()
    }
    return gone.map(([, { member }]) => member)
  }

  #tell (added: readonly Member[], removed: readonly Member[]): void {
    for (const listener of this.#listeners) {
      for (const member of removed) listener.removed(member)
      for (const member of added) listener.added(member)
    }
  }
}

/** The same address under two names is asked in two ways. */
const keyOf = ({ url, name }: Address): string => name === undefined ? new URL(url).origin : `${new URL(url).origin} ${name}`
