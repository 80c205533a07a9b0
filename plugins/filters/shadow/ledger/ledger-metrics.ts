import { labelledCounter, type Histogram, type Metrics } from '../../../../src/contract/index.ts'
import type { Answer } from '../answer.ts'
import type { DifferenceKind } from '../comparison.ts'
import type { PairVerdict } from './difference-counts.ts'

/** What the metrics know of one shadow's comparisons. */
export class LedgerMetrics {
  readonly compared: (verdict: PairVerdict | 'skipped') => void
  /** A difference that noise does not explain as far as it is known. */
  readonly differs: (kind: DifferenceKind) => void
  readonly #leg: (leg: 'live' | 'shadow') => Histogram
  #live: Histogram | null = null
  #shadow: Histogram | null = null

  constructor (metrics: Metrics, shadow: string) {
    const ofShadow: Metrics = {
      counter: (name, labels) => metrics.counter(name, { ...labels, shadow }),
      histogram: (name, labels) => metrics.histogram(name, { ...labels, shadow })
    }
    const comparisons = labelledCounter<PairVerdict | 'skipped'>(ofShadow, 'gatehouse_shadow_comparisons_total', 'verdict')
    const differences = labelledCounter<DifferenceKind>(ofShadow, 'gatehouse_shadow_differences_total', 'kind')
    this.compared = verdict => { comparisons(verdict).add() }
    this.differs = kind => { differences(kind).add() }
    this.#leg = leg => ofShadow.histogram('gatehouse_shadow_leg_seconds', { leg })
  }

  /** Of each leg that was answered. */
  legs (live: Answer, shadow: Answer): void {
    if (live.status > 0) (this.#live ??= this.#leg('live')).record(live.headMs / 1000)
    if (shadow.status > 0) (this.#shadow ??= this.#leg('shadow')).record(shadow.headMs / 1000)
  }
}
