import { callOutcome, type Breaker, type BreakerCall, type CallEnd, type CallGate, type CallMeasure, type CallProgress, type CallWatcher, type Exchange } from '../../../src/contract/index.ts'

/** A gate with the list that it is alone in: most requests have no other, and need none of their own. */
export interface Gate extends CallGate { readonly alone: readonly CallGate[] }

/** Where the calls of a request have to pass. */
export interface Barrier extends Gate {
  /** Whether it makes sense to try. */
  readonly passable: boolean
  /** Milliseconds until it may; null where it may, as far as can be told. */
  readonly retryInMs: number | null
}

/** One breaker, whatever endpoint is called. */
export class BreakerGate implements Barrier {
  readonly alone: readonly CallGate[] = [this]
  readonly breaker: Breaker
  readonly #measure: CallMeasure

  constructor (breaker: Breaker, measure: CallMeasure) {
    this.breaker = breaker
    this.#measure = measure
  }

  get passable (): boolean { return this.breaker.admits }
  get retryInMs (): number | null { return this.breaker.admits ? null : this.breaker.retryInMs }

  admits (): boolean {
    return this.breaker.admits
  }

  enter (x: Exchange): CallWatcher | null {
    const judged = new Judged(x, this.#measure)
    const call = this.breaker.enter(judged)
    if (typeof call === 'string') return null
    judged.call = call
    return judged
  }
}

/** A call that the breaker hears of when it has ended. */
class Judged implements CallWatcher, CallProgress {
  call: BreakerCall | null = null
  readonly #x: Exchange
  readonly #measure: CallMeasure
  /** 0 while there is no answer. */
  #status = 0
  #headMs = 0

  constructor (x: Exchange, measure: CallMeasure) {
    this.#x = x
    this.#measure = measure
  }

  get soFar (): CallProgress['soFar'] {
    if (this.#status === 0) return this.#x.body.awaitsClient ? 'held-back' : 'hanging'
    const head = callOutcome({ status: this.#status, code: null, headMs: this.#headMs }, this.#measure)
    return this.#x.deadline === Infinity || head !== 'success' ? head : 'ending'
  }

  answered (status: number, headMs: number): void {
    this.#status = status
    this.#headMs = headMs
  }

  ended (end: CallEnd): void {
    this.call!.end(callOutcome(end, this.#measure))
  }
}
