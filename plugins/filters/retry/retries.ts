import { GatewayError, isArriving, labelledCounter, problem, type Arriving, type Dispatch, type ErrorCode, type Exchange, type Reply, type RetryBudget, type Services } from '../../../src/contract/index.ts'
import { limitedTry, type PerTry } from './limited-try.ts'
import type { Retriable } from './retriable.ts'
import { retryAfterMs } from './retry-after.ts'
import { isSmall, whole } from './whole-answer.ts'

/** What retries go by, compiled. */
export interface RetryPolicy {
  readonly attempts: number
  readonly retriable: Retriable
  /** How long to wait when so many tries have failed. */
  readonly waitMs: (failed: number) => number
  /** The longest that upstream may ask to wait. */
  readonly longestMs: number
  readonly withinMs: number
  readonly perTry: PerTry | null
  readonly share: number
  readonly min: number
  readonly bodyBytes: number
  readonly answerBytes: number
  /** Whose budget it is as long as nobody has been asked. */
  readonly upstream: string
}

/** What became of a failed try, or of a request that was tried again. */
type Outcome = 'retried' | 'recovered' | 'exhausted' | 'budget' | 'deadline' | 'retry-after' | 'body-too-large' | 'aborted'

/** One request: what it was when it came here, what its last try began with, and whose budget it counts in. */
interface Tried {
  readonly x: Exchange
  readonly isHeld: boolean
  readonly latestMs: number
  readonly fallback: Exchange['fallback']
  asked: number
  budget: RetryBudget
}

/** A drill plays the upstream: what it answers is judged as if upstream had. */
const DRILL: ErrorCode = 'GW_FAULT_INJECTED'

/** An upstream that the request did not get to has had no work with it: asking elsewhere adds nothing to its load. */
const NEVER_ARRIVED: ErrorCode = 'GW_UPSTREAM_UNREACHABLE'

const ABANDONED = new GatewayError('GW_CLIENT_GONE', 'the request is tried again')

/** Tries the requests of one route again. */
export class Retries {
  readonly #policy: RetryPolicy
  readonly #services: Pick<Services, 'clock' | 'budget'>
  readonly #count: (outcome: Outcome) => void
  #upstream: string
  #budget: RetryBudget

  constructor (policy: RetryPolicy, services: Pick<Services, 'clock' | 'budget' | 'metrics'>) {
    const counters = labelledCounter<Outcome>(services.metrics, 'gatehouse_retries_total', 'outcome')
    this.#policy = policy
    this.#services = services
    this.#count = outcome => { counters(outcome).add() }
    this.#upstream = policy.upstream
    this.#budget = services.budget(policy.upstream)
  }

  async call (x: Exchange, next: Dispatch): Promise<Reply> {
    const { bodyBytes, withinMs } = this.#policy
    const isHeld = x.body.replayable || await x.body.hold(bodyBytes) !== null
    const latestMs = withinMs === Infinity ? Infinity : this.#services.clock.monotonic() + withinMs
    const { attempt: asked, fallback } = x
    const pending = this.#begin(x, next)
    // Who is asked is known only now, and later still where a filter inside takes its time
    const budget = this.#budgetOf(x)
    budget.enter()
    const tried: Tried = { x, isHeld, latestMs, fallback, asked, budget }
    try {
      const answer = await pending
      const reply = this.#isWaitedFor(tried, answer) ? await whole(x, answer, this.#policy.answerBytes) : answer
      this.#recount(tried)
      return this.#hasFailed(tried, reply) ? await this.#again(tried, next, reply) : reply
    } finally {
      tried.budget.leave()
    }
  }

  #begin (x: Exchange, next: Dispatch): Promise<Reply> {
    const { perTry, answerBytes } = this.#policy
    return perTry === null ? next(x) : limitedTry(x, next, perTry, answerBytes)
  }

  /** What will not be passed on is not waited for. */
  #isWaitedFor (tried: Tried, reply: Reply): reply is Arriving {
    return isSmall(reply, this.#policy.answerBytes) && !this.#hasFailed(tried, reply)
  }

  /** An answer that upstream has not given is one of a filter's, and so is one in the place of another. */
  #hasFailed ({ x, asked, fallback }: Tried, { code, status }: Reply): boolean {
    const { retriable } = this.#policy
    if (code === DRILL) return retriable.status(status)
    return code === null ? x.attempt !== asked && x.fallback === fallback && retriable.status(status) : retriable.code(code)
  }

  async #again (tried: Tried, next: Dispatch, failed: Reply): Promise<Reply> {
    const { x } = tried
    let reply = failed
    for (let tries = 1; this.#hasFailed(tried, reply); tries++) {
      const isFree = reply.code === NEVER_ARRIVED
      const waitMs = this.#wait(tried, reply, tries, isFree)
      if (waitMs === null) return reply
      const { budget } = tried
      try {
        abandon(tried, reply)
        if (waitMs > 0 && !await this.#sleep(x, waitMs)) return problem(x.aborted instanceof GatewayError ? x.aborted.code : 'GW_CLIENT_GONE', x.id)
        this.#count('retried')
        tried.asked = x.attempt
        const answer = await this.#begin(x, next)
        reply = this.#isWaitedFor(tried, answer) ? await whole(x, answer, this.#policy.answerBytes) : answer
      } finally {
        if (!isFree) budget.release()
      }
    }
    if (reply.code === null) this.#count('recovered')
    return reply
  }

  /** How long to wait before another try, which is taken from the budget then; null where there is none. */
  #wait (tried: Tried, reply: Reply, tries: number, isFree: boolean): number | null {
    const { waitMs, longestMs } = this.#policy
    const askedMs = retryAfterMs(reply.headers.first('retry-after'), this.#services.clock.now())
    const ms = Math.max(waitMs(tries), askedMs)
    const why = this.#refusal(tried, tries, ms, askedMs > longestMs) ?? this.#take(tried, isFree)
    if (why === null) return ms
    this.#count(why)
    return null
  }

  #refusal ({ x, isHeld, latestMs }: Tried, tries: number, waitMs: number, isTooLong: boolean): Outcome | null {
    const { attempts } = this.#policy
    if (x.aborted !== null) return 'aborted'
    if (tries >= attempts) return 'exhausted'
    if (!isHeld) return 'body-too-large'
    if (isTooLong) return 'retry-after'
    const beginsMs = this.#services.clock.monotonic() + waitMs
    if (beginsMs >= x.deadline || beginsMs > latestMs) return 'deadline'
    return null
  }

  #take ({ budget }: Tried, isFree: boolean): Outcome | null {
    const { share, min } = this.#policy
    return isFree || budget.take(share, min) ? null : 'budget'
  }

  /** False where nobody waits for the answer any more. */
  async #sleep (x: Exchange, ms: number): Promise<boolean> {
    try {
      await this.#services.clock.sleep(ms, x.signal)
      return true
    } catch {
      this.#count('aborted')
      return false
    }
  }

  /** Most routes have one upstream. */
  #budgetOf ({ upstream }: Exchange): RetryBudget {
    if (upstream !== null && upstream !== this.#upstream) {
      this.#budget = this.#services.budget(upstream)
      this.#upstream = upstream
    }
    return this.#budget
  }

  /** It was another upstream than it seemed. */
  #recount (tried: Tried): void {
    const budget = this.#budgetOf(tried.x)
    if (budget === tried.budget) return
    tried.budget.leave()
    tried.budget = budget
    budget.enter()
  }
}

/** The answer will not be read, and whoever gave it is asked last. */
function abandon ({ x, asked }: Tried, reply: Reply): void {
  if (isArriving(reply)) reply.body.cancel(ABANDONED)
  const { endpoint, avoid } = x
  if (x.attempt === asked || endpoint === null || avoid?.includes(endpoint)) return
  x.avoid = [...avoid ?? [], endpoint]
}
