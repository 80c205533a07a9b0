import type { Counter, Metrics } from '../../../src/contract/index.ts'
import type { Reason, Result } from './outcome.ts'

/** One line of what became of requests. */
export interface DecisionCount { readonly result: Result, readonly reason: Reason, readonly count: number }

/** What may still be decided when the plan was replaced, and no new series is to be had: they are there from the beginning. */
const LATE: readonly (readonly [Result, Reason])[] = [['sent', '-'], ['timeout', '-'], ['failed', 'connect'], ['failed', 'reset'], ['failed', 'protocol'], ['dropped', 'closing'], ['dropped', 'client-gone']]

interface Known { readonly result: Result, readonly reason: Reason, readonly counter: Counter, count: number }

/** Counts what became of each request at one shadow: as metrics, and for its report. */
export class Decisions {
  readonly #metrics: Metrics
  readonly #labels: { readonly mode: string, readonly shadow: string }
  readonly #known = new Map<string, Known>()

  constructor (metrics: Metrics, mode: string, shadow: string) {
    this.#metrics = metrics
    this.#labels = { mode, shadow }
    for (const [result, reason] of LATE) this.#of(result, reason)
  }

  count (result: Result, reason: Reason): void {
    const one = this.#of(result, reason)
    one.count++
    one.counter.add()
  }

  /** The most frequent first. */
  view (): DecisionCount[] {
    return [...this.#known.values()].filter(({ count }) => count > 0).map(({ result, reason, count }) => ({ result, reason, count })).sort((a, b) => b.count - a.count)
  }

  total (result: Result): number {
    return this.view().reduce((sum, one) => one.result === result ? sum + one.count : sum, 0)
  }

  /** For the report only: metrics never go back. */
  reset (): void {
    for (const one of this.#known.values()) one.count = 0
  }

  #of (result: Result, reason: Reason): Known {
    const key = `${result} ${reason}`
    const known = this.#known.get(key)
    if (known !== undefined) return known
    const made = { result, reason, counter: this.#metrics.counter('gatehouse_shadow_total', { ...this.#labels, result, reason }), count: 0 }
    this.#known.set(key, made)
    return made
  }
}
