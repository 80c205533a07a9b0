import type { Counter, Histogram, Metrics } from '../contract/services.ts'

/** Series that are made when there is something to count: most of what could happen on ten thousand routes never does. */
abstract class Lazy<M> {
  readonly #metrics: Metrics
  readonly #value: string
  #made: M | null = null

  constructor (metrics: Metrics, value: string) {
    this.#metrics = metrics
    this.#value = value
  }

  protected get made (): M {
    this.#made ??= this.make(this.#metrics, this.#value)
    return this.#made
  }

  protected abstract make (metrics: Metrics, value: string): M
}

/** How often a filter has decided so. */
export class LazyDecision extends Lazy<Counter> implements Counter {
  add (n?: number): void { this.made.add(n) }
  protected override make (metrics: Metrics, decision: string): Counter { return metrics.counter('gatehouse_filter_decisions_total', { decision }) }
}

/** How long a phase of a filter took. */
export class LazySeconds extends Lazy<Histogram> implements Histogram {
  record (value: number): void { this.made.record(value) }
  protected override make (metrics: Metrics, phase: string): Histogram { return metrics.histogram('gatehouse_filter_phase_seconds', { phase }) }
}
