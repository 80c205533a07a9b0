import { GatewayError, isArriving, type CallScope, type Dispatch, type End, type Exchange, type Limited, type Reply, type RetryBudget, type TimeLimit } from '../../../src/contract/index.ts'
import { isGood, type Hedging } from './hedging.ts'
import { Original } from './original.ts'

/** One of the calls for a request. The first is made for the exchange itself and needs nothing of the budget; the others for a fork of it. */
interface Try { readonly x: Exchange, readonly budget: RetryBudget | null, pending: Promise<void>, reply: Reply | null }

/** Makes a call, and another beside it when the answer takes too long. The first good answer is the one; the other calls are given up. */
export class HedgedCall implements Limited {
  readonly #original: Original
  readonly #next: Dispatch
  readonly #hedges: Hedging
  readonly #scope: CallScope
  readonly #afterMs: number
  readonly #startMs: number
  readonly #first: Try
  readonly #others: Try[] = []
  #underWay = 0
  #limit: TimeLimit
  #winner: Try | null = null
  #decide!: (winner: Try) => void
  #end: End | null = null

  constructor (x: Exchange, next: Dispatch, hedges: Hedging, afterMs: number) {
    this.#original = new Original(x)
    this.#next = next
    this.#hedges = hedges
    this.#scope = x.openScope()
    this.#afterMs = afterMs
    this.#startMs = hedges.clock.monotonic()
    this.#limit = hedges.policy.limits.set(afterMs, this)
    this.#first = { x, budget: null, pending: Promise.resolve(), reply: null }
  }

  async run (): Promise<Reply> {
    const { x } = this.#original
    try {
      const winner = await new Promise<Try>((resolve, reject) => {
        this.#decide = resolve
        this.#begin(this.#first, reject)
      })
      // What still works on the exchange itself has been told to stop, and must have before anybody else works on it
      await this.#first.pending
      this.#takeOver(winner)
      return winner.reply!
    } finally {
      this.#limit.lift()
      x.closeScope(this.#scope)
    }
  }

  /** No answer yet: one call more, where it may be. */
  late (): void {
    const { policy: { limits, attempts }, clock } = this.#hedges
    const { x, attempt, deadline } = this.#original
    if (this.#scope.aborted !== null || clock.monotonic() >= deadline) return
    // Who waits inside for a place would get none sooner by waiting twice
    if (x.attempt > attempt) this.#another()
    if (this.#others.length + 1 < attempts) this.#limit = limits.set(this.#afterMs, this)
  }

  #another (): void {
    const { policy: { share, min }, count } = this.#hedges
    const { x } = this.#original
    const budget = this.#hedges.budgetOf(x)
    if (!budget.take(share, min)) return count('budget')
    count('sent')
    const tries = [this.#first, ...this.#others]
    const twin = this.#original.twin(this.#scope, tries.map(one => one.x.endpoint))
    if (this.#others.length === 0) (x.ends ??= []).push(end => { this.#end = end })
    const another: Try = { x: twin, budget, pending: Promise.resolve(), reply: null }
    this.#others.push(another)
    this.#begin(another, () => {})
  }

  #begin (one: Try, fail: (error: Error) => void): void {
    this.#underWay++
    one.pending = this.#next(one.x).then(reply => { this.#ended(one, reply) }).catch(fail)
  }

  #ended (one: Try, reply: Reply): void {
    one.reply = reply
    one.budget?.release()
    this.#underWay--
    if (one !== this.#first) this.#adopt(one.x)
    if (this.#winner !== null) return giveUp(one, this.#original.x)
    if (isGood(reply)) this.#won(one)
    else if (this.#underWay === 0) this.#won(this.#first)
  }

  #won (winner: Try): void {
    const { took, clock } = this.#hedges
    this.#winner = winner
    this.#limit.lift()
    if (isGood(this.#first.reply ?? winner.reply!)) took(clock.monotonic() - this.#startMs)
    if (winner !== this.#first && this.#first.reply === null) this.#scope.abort(abandoned())
    for (const other of this.#others) if (other !== winner) giveUp(other, this.#original.x)
    this.#decide(winner)
  }

  #takeOver ({ x: winner }: Try): void {
    const { x } = this.#original
    for (const { x: { attempt } } of this.#others) x.attempt += attempt
    if (winner === x) return
    this.#hedges.count('won')
    x.endpoint = winner.endpoint
    x.upstream = winner.upstream
    x.fallback = winner.fallback
    x.reason = winner.reason
  }

  /** Whoever waits for the end of a fork waits for that of the exchange. */
  #adopt (twin: Exchange): void {
    const ends = twin.ends ?? []
    if (this.#end !== null) for (const ended of ends) ended(this.#end)
    else if (ends.length > 0) (this.#original.x.ends ??= []).push(...ends)
  }
}

const abandoned = () => new GatewayError('GW_CLIENT_GONE', 'another call has answered first')

/** Nobody will read the answer of this one, come or to come. */
function giveUp (one: Try, x: Exchange): void {
  const { reply } = one
  if (reply === null) return one.x.abort(abandoned())
  if (isArriving(reply)) reply.body.cancel(abandoned())
  x.forget(one.x)
}
