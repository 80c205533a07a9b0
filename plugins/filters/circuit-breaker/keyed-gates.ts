import { hash } from 'node:crypto'
import type { Breaker, CallMeasure } from '../../../src/contract/index.ts'
import { BreakerGate } from './breaker-gate.ts'

/** How many are looked at for one that is closed before an open one goes. */
const LOOKED_AT = 16

/** One breaker for each key, made when it is first met; never more than `max`. */
export class KeyedGates {
  /** A Map keeps the order in which keys were set: the first is the least lately used. */
  readonly #gates = new Map<string, BreakerGate>()
  readonly #make: (key: string) => Breaker
  readonly #measure: CallMeasure
  readonly #max: number

  constructor (make: (key: string) => Breaker, measure: CallMeasure, max: number) {
    this.#make = make
    this.#measure = measure
    this.#max = max
  }

  get size (): number { return this.#gates.size }

  /** That of the key. */
  of (key: string): BreakerGate {
    const known = this.#gates.get(key)
    if (known !== undefined) {
      this.#gates.delete(key)
      this.#gates.set(key, known)
      return known
    }
    if (this.#gates.size >= this.#max) this.#evict()
    const gate = new BreakerGate(this.#make(key), this.#measure)
    this.#gates.set(key, gate)
    return gate
  }

  /** That of the key, where it was met before; it does not count as a use. */
  peek (key: string): BreakerGate | undefined {
    return this.#gates.get(key)
  }

  values (): Iterable<BreakerGate> {
    return this.#gates.values()
  }

  close (): void {
    for (const { breaker } of this.#gates.values()) breaker.close()
    this.#gates.clear()
  }

  /** An open one goes only where there are many of them: whoever sends many keys must not close it by that. */
  #evict (): void {
    let gone: string | undefined
    let looked = 0
    for (const [key, { breaker }] of this.#gates) {
      gone ??= key
      if (breaker.state === 'closed') gone = key
      if (breaker.state === 'closed' || ++looked === LOOKED_AT) break
    }
    this.#gates.get(gone!)!.breaker.close()
    this.#gates.delete(gone!)
  }
}

/** What stands for a key in names: keys come from clients, and say who they are. */
export const keyHash = (key: string): string => hash('sha256', key, 'hex').slice(0, 16)
