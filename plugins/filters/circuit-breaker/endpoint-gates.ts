import type { CallGate, CallWatcher, Exchange } from '../../../src/contract/index.ts'
import type { Barrier } from './breaker-gate.ts'
import type { KeyedGates } from './keyed-gates.ts'

/** One breaker for each endpoint: which of them passes shows when one is chosen. */
export class EndpointGates implements Barrier {
  readonly alone: readonly CallGate[] = [this]
  readonly passable = true
  readonly #gates: KeyedGates

  constructor (gates: KeyedGates) {
    this.#gates = gates
  }

  /** The first that will try again. */
  get retryInMs (): number | null {
    let soonest: number | null = null
    for (const { retryInMs } of this.#gates.values()) if (retryInMs !== null) soonest = Math.min(soonest ?? Infinity, retryInMs)
    return soonest
  }

  /** An endpoint that was never called has no breaker yet. */
  admits (_x: Exchange, endpoint: string): boolean {
    return this.#gates.peek(endpoint)?.passable ?? true
  }

  enter (x: Exchange, endpoint: string): CallWatcher | null {
    return this.#gates.of(endpoint).enter(x)
  }
}
