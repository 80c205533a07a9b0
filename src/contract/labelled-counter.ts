import type { Counter, Metrics } from './services.ts'

/** Counters that differ in one label, by its value: asked for once each, and what never happens has no series. */
export function labelledCounter<Value extends string> (metrics: Metrics, name: string, label: string): (value: Value) => Counter {
  const counters = new Map<Value, Counter>()
  return value => {
    const counter = counters.get(value) ?? metrics.counter(name, { [label]: value })
    counters.set(value, counter)
    return counter
  }
}
