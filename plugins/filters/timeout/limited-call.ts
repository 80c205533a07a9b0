import { GatewayError, isArriving, problem, type CallScope, type Dispatch, type Exchange, type Limited, type Reply, type TimeLimit, type TimeLimits } from '../../../src/contract/index.ts'

/** How long those inside get to stop. Whoever listens needs none of it. */
const GRACE_MS = 20

/** One call that must be answered in time. */
export class LimitedCall implements Limited {
  readonly #x: Exchange
  readonly #limits: TimeLimits
  readonly #scope: CallScope
  readonly #deadline: number
  #limit: TimeLimit | null = null
  #answer!: (reply: Reply) => void
  #isLate = false
  #isLeft = false

  constructor (x: Exchange, limits: TimeLimits) {
    this.#x = x
    this.#limits = limits
    this.#scope = x.openScope()
    this.#deadline = x.deadline
  }

  /** `deadline`: when those `ms` milliseconds are over, on the monotonic clock. */
  run (next: Dispatch, ms: number, deadline: number): Promise<Reply> {
    this.#x.deadline = deadline
    this.#limit = this.#limits.set(ms, this)
    return new Promise((resolve, reject) => {
      this.#answer = resolve
      next(this.#x).then(reply => { this.#ended(reply) }, (error: Error) => {
        this.#stop()
        reject(error)
      })
    })
  }

  late (): void {
    if (this.#isLate) return this.#leave()
    this.#isLate = true
    this.#limit = this.#limits.set(GRACE_MS, this)
    this.#scope.abort(new GatewayError('GW_TOTAL_TIMEOUT'))
  }

  /** What still arrives was given up with the call; a fallback that a filter inside has at hand is as good as before. */
  #ended (reply: Reply): void {
    this.#stop()
    this.#answer(this.#isLate && (reply.code !== null || isArriving(reply)) ? this.#tooLate() : reply)
  }

  #tooLate (): Reply {
    return problem('GW_TOTAL_TIMEOUT', this.#x.id)
  }

  /** Somebody inside does not listen; the client gets its answer all the same. The scope stays open, so that nothing more is begun in it. */
  #leave (): void {
    this.#isLeft = true
    this.#x.deadline = this.#deadline
    this.#answer(this.#tooLate())
  }

  #stop (): void {
    if (this.#isLeft) return
    this.#limit!.lift()
    this.#x.deadline = this.#deadline
    this.#x.closeScope(this.#scope)
  }
}
