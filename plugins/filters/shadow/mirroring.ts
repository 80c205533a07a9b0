import { GatewayError, heldBody, isArriving, type BodyCopy, type CallEnd, type CallGate, type CallWatcher, type Dispatch, type End, type ErrorCode, type Exchange, type Fallback, type Reply } from '../../../src/contract/index.ts'
import type { LegEnd } from './leg.ts'
import { LiveAnswer } from './live-answer.ts'
import type { MirrorOf } from './mirror-options.ts'
import type { Reason, Result } from './outcome.ts'
import { headBytes } from './request-copy.ts'
import type { ShadowTarget } from './shadow-target.ts'
import { inTime, worst, type Verdict } from './verdict.ts'

const UNHEARD: CallWatcher = { ended: () => {} }
/** What a gate hears of a call that another has refused. */
const REFUSED = 'GW_CIRCUIT_OPEN'
const NO_BODY = heldBody(null)
/** So much of an answer waits in memory before anybody reads it: a longer one cannot be compared before it is sent. */
const WAITING_BYTES = 60 * 1024
const EXPOSED = 'x-gatehouse-shadow-diff'

const UNJUDGED: Judged = { verdict: 'late', well: false }

type Mirror = MirrorOf<ShadowTarget>

/** How one leg has ended: what it came to, and whether the shadow answered well. */
interface Judged { readonly verdict: Verdict, readonly well: boolean }

/**
 * What is done beside one live request. It stands at the gate of the call to the live upstream: what is refused before that is never mirrored, and a
 * retry is not mirrored again. The copies leave when the client has its answer; in mode `sync`, with the live call.
 */
export class Mirroring implements CallGate, CallWatcher {
  readonly #mirror: Mirror
  /** The one that the client waits for, or a fork of it. */
  readonly #x: Exchange
  readonly #targets: readonly ShadowTarget[]
  /** Why the route was asked, where it stands in for another itself. */
  readonly #fallback: Fallback | null
  #isStandIn = false
  /** The request as it went to the live upstream; null until it has. */
  #copy: Exchange | null = null
  #body: BodyCopy | null = null
  #startMs = 0
  #upstream: string | null = null
  #answer: LiveAnswer | null = null
  readonly #live = Promise.withResolvers<LiveAnswer | null>()
  readonly #verdict = Promise.withResolvers<Verdict | null>()
  readonly #sent: Exchange[] = []
  #over = false
  #gone = false
  /** What is missing of the live answer is so because the client was not to get it. */
  #isUnread = false
  #launched = false
  #released = false
  /** Something is wrong with this mirror: that is counted, and no more comes of it. */
  #failed = false

  constructor (mirror: Mirror, x: Exchange, targets: readonly ShadowTarget[]) {
    this.#mirror = mirror
    this.#x = x
    this.#targets = targets
    this.#fallback = x.fallback
    ;(x.ends ??= []).push(end => { this.#atEnd(end) })
  }

  isOf (mirror: Mirror): boolean { return this.#mirror === mirror }

  admits (): boolean { return true }

  /** A call to a live endpoint begins; the first is the one that is mirrored. */
  enter (x: Exchange): CallWatcher {
    if (this.#copy !== null || this.#failed || this.#standsIn(x)) return UNHEARD
    try {
      this.#begin(x)
    } catch (error) {
      this.#fails(error)
    }
    return this
  }

  /** The call has ended; one that a gate after this has refused was none. */
  ended ({ code }: CallEnd): void {
    if (code !== REFUSED || this.#launched) return
    this.#body?.release()
    this.#body = this.#copy = null
  }

  #begin (x: Exchange): void {
    const { sync, clock, options: { body } } = this.#mirror
    this.#startMs = clock.monotonic()
    this.#upstream = x.upstream
    // A filter may have given a request a body that came with none
    if (x.body.present || (x.body.held?.byteLength ?? 0) > 0) this.#body = x.body.copy(body)
    this.#copy = x.copy(NO_BODY)
    // After the live call, which is just about to be sent
    if (sync) queueMicrotask(() => { if (this.#copy !== null) this.#launchWithBody() })
  }

  #fails (error: unknown): void {
    this.#failed = true
    this.#copy = null
    this.#mirror.fault(error)
  }

  /** The live call, once more where a filter around this one tries again. */
  async call (x: Exchange, next: Dispatch): Promise<Reply> {
    const { gates } = x
    x.gates = gates === null ? [this] : [...gates, this]
    let reply: Reply
    try {
      reply = await next(x)
    } finally {
      x.gates = gates
    }
    if (this.#copy === null || this.#over || !this.#isBetter) return reply
    this.#isStandIn = this.#standsIn(x)
    try {
      await this.#take(reply)
    } catch (error) {
      this.#fails(error)
    }
    return reply
  }

  /** Whether what is asked or answers now does so in place of the live upstream, for a filter between this one and the call. */
  #standsIn ({ fallback }: Exchange): boolean {
    return fallback !== this.#fallback
  }

  /** Whether an answer that comes now counts. With mode `sync` it is the first, with which the copies have started. */
  get #isBetter (): boolean { return this.#answer === null || (!this.#mirror.sync && !isGood(this.#answer.reply)) }

  async #take (reply: Reply): Promise<void> {
    const { clock, sync, comparer, options } = this.#mirror
    this.#answer?.release()
    const maxBytes = comparer === null ? null : options.compareBytes
    const answer = new LiveAnswer(reply, clock.monotonic() - this.#startMs, maxBytes)
    this.#answer = answer
    if (!sync) return
    this.#live.resolve(answer)
    if (reply.code !== 'GW_CLIENT_GONE') await this.#hold(reply)
  }

  /** The client waits for the comparison, for a while. */
  async #hold (reply: Reply): Promise<void> {
    const { limits, options: { compareBudget, expose } } = this.#mirror
    const wait = inTime(this.#verdict.promise, compareBudget, limits)
    const early = isArriving(reply) ? reply.body.copy(WAITING_BYTES) : null
    early?.settled(() => { if (early.state !== 'whole') wait.giveUp() })
    const verdict = await wait.verdict
    early?.release()
    if (expose && verdict !== null) reply.headers.put(EXPOSED, verdict)
  }

  #atEnd ({ outcome, code }: End): void {
    const { sync, options: { abort } } = this.#mirror
    this.#over = true
    this.#live.resolve(this.#answer)
    this.#gone = outcome === 'client-gone'
    this.#isUnread = outcome === 'complete' && code === null
    if (this.#failed) return this.#launched ? undefined : this.#close('failed', 'internal')
    if (this.#copy === null) return this.#close('skipped', this.#gone ? 'client-gone' : 'not-called')
    if (this.#gone && abort === 'drop') return this.#drop()
    if (sync) return
    const reason = this.#unwanted(code)
    if (reason === null) this.#launchWithBody()
    else this.#close('skipped', reason)
  }

  /** Why a request that has gone so is not mirrored. `broken`: why the body of its answer broke off. */
  #unwanted (broken: ErrorCode | null): Reason | null {
    const { after } = this.#mirror
    if (this.#answer === null) return 'not-called'
    const { reply, headMs } = this.#answer
    const said = this.#isStandIn ? insteadOf(reply, this.#x.fallback) : reply
    return after === null || after({ x: this.#x, reply: said, headMs, broken }) ? null : 'condition'
  }

  /** Nobody waits for the live answer any more, and nobody needs to know what the shadows would have said. */
  #drop (): void {
    if (!this.#mirror.sync) return this.#close('dropped', 'client-gone')
    for (const copy of this.#sent) copy.abort(new GatewayError('GW_CLIENT_GONE'))
  }

  #launchWithBody (): void {
    if (this.#launched) return
    this.#launched = true
    if (this.#body === null) void this.#launch(null)
    else this.#body.settled(() => { void this.#launch(this.#body) })
  }

  async #launch (body: BodyCopy | null): Promise<void> {
    if (body !== null && body.state !== 'whole') return this.#closeWithout(body)
    const bytes = body === null ? null : body.bytes()
    let reason: Reason | null
    try {
      reason = await this.#mirror.later(this.#copy!.copy(heldBody(bytes)))
    } catch (error) {
      this.#mirror.fault(error)
      return this.#close('failed', 'internal')
    }
    if (reason !== null) return this.#close('skipped', reason)
    const [candidates, repeats] = [this.#targets.filter(isCandidate), this.#targets.filter(target => !isCandidate(target))]
    // What differs by itself is nobody's verdict, and nobody waits for it
    const noise = this.#together(repeats, bytes)
    const verdicts = this.#mirror.options.pipeline ? await this.#oneByOne(candidates, bytes) : await this.#together(candidates, bytes)
    this.#verdict.resolve(worst(verdicts))
    await noise
    this.#release(null)
  }

  async #together (targets: readonly ShadowTarget[], bytes: Uint8Array | null): Promise<Verdict[]> {
    return (await Promise.all(targets.map(target => this.#leg(target, bytes)))).map(({ verdict }) => verdict)
  }

  /** The next is asked only where the one before has answered well. */
  async #oneByOne (targets: readonly ShadowTarget[], bytes: Uint8Array | null): Promise<Verdict[]> {
    const verdicts: Verdict[] = []
    for (const [i, target] of targets.entries()) {
      const { verdict, well } = await this.#leg(target, bytes)
      verdicts.push(verdict)
      if (well) continue
      for (const { options: { decisions } } of targets.slice(i + 1)) decisions.count('skipped', 'pipeline')
      break
    }
    return verdicts
  }

  async #leg (target: ShadowTarget, bytes: Uint8Array | null): Promise<Judged> {
    let sent: { readonly copy: Exchange, readonly end: LegEnd | null }
    try {
      sent = await this.#send(target, bytes)
    } catch (error) {
      this.#mirror.fault(error)
      target.options.decisions.count('failed', 'internal')
      return UNJUDGED
    }
    try {
      return sent.end === null ? UNJUDGED : await this.#judge(target, sent.copy, sent.end)
    } catch (error) {
      this.#mirror.fault(error)
      return UNJUDGED
    }
  }

  async #send (target: ShadowTarget, bytes: Uint8Array | null): Promise<{ copy: Exchange, end: LegEnd | null }> {
    const copy = this.#mirror.copyFor(target, this.#copy!, bytes, this.#targets.indexOf(target) + 1)
    this.#sent.push(copy)
    if (this.#gone && this.#mirror.options.abort === 'drop') copy.abort(new GatewayError('GW_CLIENT_GONE'))
    const size = headBytes(copy) + (bytes?.byteLength ?? 0) + (this.#answer?.bytes ?? 0)
    const end = await target.send(copy, { upstream: this.#upstream, bodyBytes: this.#over ? this.#answer?.comparable ?? Infinity : Infinity }, size, this.#mirror.delayMs())
    return { copy, end }
  }

  async #judge (target: ShadowTarget, copy: Exchange, { answer }: LegEnd): Promise<Judged> {
    const live = await this.#live.promise
    if (live === null || answer === null) return UNJUDGED
    await new Promise<void>(resolve => { live.settled(resolve) })
    const well = answer.code === null && answer.status < 500
    // What the client has broken off is no answer to compare with, nor is what the live upstream has not said
    const known = live.answer()
    const isCut = known.code !== null && (this.#gone || (this.#isUnread && known.status < 500) || known.code === 'GW_CLIENT_GONE')
    if (this.#isStandIn || isCut) return { verdict: 'late', well }
    const verdict = await this.#mirror.judge(target, copy, known, answer)
    return { verdict, well }
  }

  /** Without its body no request is copied. One that is not too long was too much for the memory that bodies may take together. */
  #closeWithout ({ state, size }: BodyCopy): void {
    if (state !== 'over') return this.#close('skipped', 'body-broken')
    if (size > this.#mirror.options.body) this.#close('skipped', 'body-too-large')
    else this.#close('dropped', 'pressure')
  }

  #close (result: Result, reason: Reason): void {
    for (const { options: { decisions } } of this.#targets) decisions.count(result, reason)
    this.#release(null)
  }

  #release (verdict: Verdict | null): void {
    this.#verdict.resolve(verdict)
    this.#answer?.release()
    this.#body?.release()
    if (!this.#released) this.#mirror.forget()
    this.#released = true
  }
}

/** Whether a try after this one is not to be expected. */
const isGood = ({ code, status }: Reply): boolean => code === null && status < 400

const isCandidate = ({ options: { role } }: ShadowTarget): boolean => role === 'candidate'

/** What a filter inside has answered in the place of, as far as it says. */
const insteadOf = (reply: Reply, fallback: Fallback | null): Reply => fallback === null ? reply : { ...reply, status: fallback.status, code: fallback.code }
