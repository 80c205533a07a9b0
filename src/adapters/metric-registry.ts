import type { Counter, Histogram, Metrics, Sample } from '../contract/services.ts'

type Labels = Readonly<Record<string, string>>

class Series implements Counter, Histogram {
  readonly name: string
  readonly labels: Labels
  value = 0
  count = 0

  constructor (name: string, labels: Labels) {
    this.name = name
    this.labels = labels
  }

  add (n = 1): void {
    this.value += n
  }

  record (value: number): void {
    this.value += value
    this.count++
  }
}

/** A room that makes a label of what a client sends must not take the memory of the process. */
const MAX_SERIES_OF_SCOPE = 1000

/** Holds every series of the process; a scope adds its labels and takes its series along when it is closed. */
export class MetricRegistry {
  readonly #series = new Map<string, { series: Series, users: number }>()

  get size (): number { return this.#series.size }

  /**
   * Metrics that all carry `labels`, which no room can replace. The same series asked for twice is one, gone when the last scope that
   * uses it is closed. What is asked for after that, or beyond a thousand series, is counted for nobody.
   */
  scope (labels: Labels): Metrics & { close(): void } {
    let used: Set<string> | null = new Set<string>()
    const take = (name: string, more: Labels = {}): Series => {
      const all = { ...more, ...labels }
      const key = JSON.stringify([name, Object.entries(all).sort()])
      if (!used?.has(key) && (used === null || used.size >= MAX_SERIES_OF_SCOPE)) return new Series(name, all)
      const held = this.#series.get(key) ?? { series: new Series(name, all), users: 0 }
      if (!used.has(key)) held.users++
      this.#series.set(key, held)
      used.add(key)
      return held.series
    }
    const close = () => {
      for (const key of used ?? []) this.#release(key)
      used = null
    }
    return { counter: take, histogram: take, close }
  }

  /** Every series there is now. */
  samples (): Sample[] {
    return [...this.#series.values()].map(({ series: { name, labels, value, count } }) => ({ name, labels, value, count }))
  }

  #release (key: string): void {
    const held = this.#series.get(key)
    if (held && --held.users === 0) this.#series.delete(key)
  }
}
