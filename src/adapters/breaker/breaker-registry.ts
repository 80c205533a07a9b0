import type { ForcedState } from '../../contract/breaker.ts'
import type { BreakerBoard, BreakerView } from '../../contract/breaker-board.ts'
import type { Clock, Log } from '../../contract/services.ts'
import { breakerView } from './breaker-view.ts'
import type { CountingBreaker } from './counting-breaker.ts'

/** Breakers from when they are made until they are closed. */
export class BreakerRegistry implements BreakerBoard {
  readonly #clock: Clock
  /** Of one name the newest is the last. */
  readonly #byName = new Map<string, CountingBreaker[]>()
  /** What an operator has made of them: a room may do so too, because its configuration says it. */
  readonly #taken = new WeakMap<CountingBreaker, ForcedState | null>()
  readonly #log: Log

  constructor (clock: Clock, log: Log) {
    this.#clock = clock
    this.#log = log
  }

  /** What an operator has made of the newest of this name, and of those that come after it. */
  takenOver (name: string): ForcedState | null {
    const breaker = this.#find(name)
    return breaker !== undefined && this.#taken.get(breaker) === breaker.forced ? breaker.forced : null
  }

  add (breaker: CountingBreaker): void {
    if (breaker.forced !== null) this.#taken.set(breaker, breaker.forced)
    const same = this.#byName.get(breaker.name)
    if (same) same.push(breaker)
    else this.#byName.set(breaker.name, [breaker])
  }

  delete (breaker: CountingBreaker): void {
    const others = this.#byName.get(breaker.name)?.filter(one => one !== breaker) ?? []
    if (others.length > 0) this.#byName.set(breaker.name, others)
    else this.#byName.delete(breaker.name)
  }

  list (limit: number): { total: number, breakers: BreakerView[] } {
    const closed: CountingBreaker[] = []
    const others: CountingBreaker[] = []
    for (const same of this.#byName.values()) {
      const newest = same.at(-1)!
      const group = newest.state === 'closed' ? closed : others
      if (group.length < limit) group.push(newest)
    }
    return { total: this.#byName.size, breakers: [...others, ...closed].slice(0, limit).map(one => breakerView(one, this.#clock)) }
  }

  view (name: string): BreakerView | null {
    const breaker = this.#find(name)
    return breaker ? breakerView(breaker, this.#clock) : null
  }

  force (name: string, state: ForcedState | null): BreakerView | null {
    const breaker = this.#find(name)
    if (breaker === undefined) return null
    breaker.force(state)
    this.#taken.set(breaker, state)
    this.#log.warn({ 'gatehouse.breaker': name, 'gatehouse.breaker.state': breaker.state }, state === null ? 'circuit breaker given back' : 'circuit breaker taken over')
    return breakerView(breaker, this.#clock)
  }

  #find (name: string): CountingBreaker | undefined {
    return this.#byName.get(name)?.at(-1)
  }
}
