import type { BreakerCall, CallOutcome } from '../../contract/breaker.ts'
import type { SettledBySelf } from './settled-by-self.ts'

/** Who wants to know how a call has ended. */
export interface CallCounter { count(call: CountedCall, outcome: CallOutcome): void }

/** Whether the call has failed, late or not. */
export const isFailure = (outcome: CallOutcome): boolean => outcome === 'failure' || outcome === 'slow-failure'

/** Whether it was late, and failed or not. */
export const isSlow = (outcome: CallOutcome): boolean => outcome === 'slow' || outcome === 'slow-failure'

/** What listeners hear of where nothing was thrown. */
const FAILED = new Error('call failed')

/** One call that a breaker has let through. */
export class CountedCall implements BreakerCall {
  readonly #counter: CallCounter
  /** In which of the breaker's states it began. */
  readonly generation: number
  readonly #heard: SettledBySelf | null
  #isOver = false

  constructor (counter: CallCounter, generation: number, heard: SettledBySelf | null) {
    this.#counter = counter
    this.generation = generation
    this.#heard = heard
  }

  /** `what` it gave or threw, for those who listen. */
  end (outcome: CallOutcome, what?: unknown): void {
    if (this.#isOver) return
    this.#isOver = true
    if (this.#heard === null) this.#counter.count(this, outcome)
    else this.#tellAndCount(this.#heard, outcome, what)
  }

  /** To opossum's listeners an ignored call is a success, as its `errorFilter` has it. Where a listener throws, the call gives its place back all the same. */
  #tellAndCount (heard: SettledBySelf, outcome: CallOutcome, what: unknown): void {
    try {
      if (isFailure(outcome)) heard.reject(what ?? FAILED)
      else heard.resolve(what)
    } finally {
      this.#counter.count(this, outcome)
    }
  }
}
