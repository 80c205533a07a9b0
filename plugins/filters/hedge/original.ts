import type { CallScope, Exchange } from '../../../src/contract/index.ts'

/** A request as it came to the filter: filters inside change it for the call that they are in, and a second call goes through them again. */
export class Original {
  readonly x: Exchange
  readonly attempt: number
  readonly deadline: number
  readonly #path: string
  readonly #query: string
  readonly #avoid: Exchange['avoid']
  readonly #fallback: Exchange['fallback']
  readonly #gates: Exchange['gates']

  constructor (x: Exchange) {
    this.x = x
    this.attempt = x.attempt
    this.deadline = x.deadline
    this.#path = x.path
    this.#query = x.query
    this.#avoid = x.avoid
    this.#fallback = x.fallback
    this.#gates = x.gates
  }

  /** One more, that shall go elsewhere than to `endpoints` and does not end with `scope`. */
  twin (scope: CallScope, endpoints: readonly (string | null)[]): Exchange {
    const twin = this.x.fork(scope)
    twin.path = this.#path
    twin.query = this.#query
    twin.deadline = this.deadline
    twin.fallback = this.#fallback
    twin.gates = this.#gates
    twin.avoid = [...this.#avoid ?? [], ...endpoints.filter(endpoint => endpoint !== null)]
    // The client hears the interim answers of one call
    twin.informant = null
    return twin
  }
}
