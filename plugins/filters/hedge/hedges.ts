import { labelledCounter, type Dispatch, type Exchange, type Reply, type RetryBudget, type Services } from '../../../src/contract/index.ts'
import { HedgedCall } from './hedged-call.ts'
import { isGood, type HedgeOutcome, type HedgePolicy, type Hedging } from './hedging.ts'

/** Second calls of one route. */
export class Hedges implements Hedging {
  readonly policy: HedgePolicy
  readonly clock: Services['clock']
  readonly count: (outcome: HedgeOutcome) => void
  readonly #budgets: Services['budget']
  #upstream: string
  #budget: RetryBudget

  constructor (policy: HedgePolicy, { clock, budget, metrics }: Pick<Services, 'clock' | 'budget' | 'metrics'>) {
    const counters = labelledCounter<HedgeOutcome>(metrics, 'gatehouse_hedges_total', 'outcome')
    this.policy = policy
    this.clock = clock
    this.count = outcome => { counters(outcome).add() }
    this.#budgets = budget
    this.#upstream = policy.upstream
    this.#budget = budget(ledger(policy.upstream))
  }

  async call (x: Exchange, next: Dispatch): Promise<Reply> {
    const afterMs = this.#afterMs()
    const pending = afterMs === Infinity ? this.#measured(x, next) : new HedgedCall(x, next, this, afterMs).run()
    // Who is asked is known only now, and later still where a filter inside takes its time
    const budget = this.budgetOf(x)
    budget.enter()
    try {
      return await pending
    } finally {
      budget.leave()
    }
  }

  /** A first call took so long, or has been given up after so long: leaving that out would make the quantile shrink with each hedge. */
  readonly took = (ms: number): void => {
    this.policy.quantile?.record(ms)
  }

  /** Most routes have one upstream. */
  budgetOf ({ upstream }: Exchange): RetryBudget {
    if (upstream !== null && upstream !== this.#upstream) {
      this.#budget = this.#budgets(ledger(upstream))
      this.#upstream = upstream
    }
    return this.#budget
  }

  async #measured (x: Exchange, next: Dispatch): Promise<Reply> {
    const startMs = this.clock.monotonic()
    const reply = await next(x)
    if (isGood(reply)) this.took(this.clock.monotonic() - startMs)
    return reply
  }

  #afterMs (): number {
    const { quantile, fixedMs, minMs, maxMs } = this.policy
    if (quantile === null) return fixedMs
    return quantile.valueMs === Infinity ? Infinity : Math.min(maxMs, Math.max(minMs, quantile.valueMs))
  }
}

/** Apart from what retries take of the same upstream. */
const ledger = (upstream: string): string => `hedge ${upstream}`
