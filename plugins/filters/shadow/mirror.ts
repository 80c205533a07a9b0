import type { Body, Clock, Dispatch, Exchange, Load, Log, Reply, TimeLimits } from '../../../src/contract/index.ts'
import type { Answer } from './answer.ts'
import type { Comparer } from './comparison.ts'
import type { LiveEnd } from './live-outcome.ts'
import type { MirrorOptions, MirrorOf } from './mirror-options.ts'
import { Mirroring } from './mirroring.ts'
import type { Reason } from './outcome.ts'
import { MARK } from './request-copy.ts'
import type { Selection } from './selection.ts'
import type { ShadowTarget } from './shadow-target.ts'
import type { Verdict } from './verdict.ts'

/** Everything that one use of the filter works with. */
export interface MirrorParts {
  readonly options: MirrorOptions
  readonly sync: boolean
  readonly targets: readonly ShadowTarget[]
  /** The live upstream asked once more for some of the requests, to learn what differs by itself; null where nobody is. */
  readonly replay: ShadowTarget | null
  /** For each target: null where the request is for it, or why not. */
  readonly choose: (x: Exchange) => readonly (Reason | null)[]
  readonly replays: (x: Exchange) => boolean
  /** Where what differs by itself is learned from; a replay asks for nothing but what is safe. */
  readonly noise: 'secondary' | 'replay' | 'none'
  readonly safe: ReadonlySet<string>
  readonly selection: Selection
  readonly isOpen: (() => boolean) | null
  readonly after: ((end: LiveEnd) => boolean) | null
  readonly delayMs: () => number
  readonly comparer: Comparer | null
  readonly copy: (target: ShadowTarget, x: Exchange, body: Uint8Array | null, mark: string) => Exchange
  readonly clock: Clock
  readonly limits: TimeLimits
  readonly load: Load
  readonly log: Log
}

const VERDICTS = { equal: 'equal', noise: 'equal', different: 'diff' } as const

/** Mirrors the requests of one route. */
export class Mirror implements MirrorOf<ShadowTarget> {
  readonly options: MirrorOptions
  readonly sync: boolean
  readonly clock: Clock
  readonly limits: TimeLimits
  readonly comparer: Comparer | null
  readonly #parts: MirrorParts
  #watched = 0

  constructor (parts: MirrorParts) {
    this.#parts = parts
    this.options = parts.options
    this.sync = parts.sync
    this.clock = parts.clock
    this.limits = parts.limits
    this.comparer = parts.comparer
  }

  /** Whether a live request that has gone so is to be mirrored; null: however it went. */
  get after (): MirrorParts['after'] { return this.#parts.after }

  /** The live call. What is in the way of a copy is counted, and of no other consequence. */
  call (x: Exchange, next: Dispatch): Promise<Reply> {
    const known = this.#knownOf(x.body)
    if (known !== undefined) return known.call(x, next)
    // A filter around this one tries again what was not to be mirrored
    if (x.attempt > 0) return next(x)
    const mirroring = this.#begin(x)
    return mirroring === null ? next(x) : mirroring.call(x, next)
  }

  /** Null where the request is for no shadow. */
  #begin (x: Exchange): Mirroring | null {
    try {
      const targets = this.#targetsOf(x)
      if (targets.length === 0) return null
      const mirroring = new Mirroring(this, x, targets)
      ;(x.body.companions ??= []).push(mirroring)
      this.#watched++
      return mirroring
    } catch (error) {
      this.fault(error)
      this.#none('failed', 'internal', this.#parts.targets)
      return null
    }
  }

  fault (error: unknown): void {
    this.#parts.log.error({ error }, 'a request could not be mirrored')
  }

  async later (copy: Exchange): Promise<Reason | null> {
    return await this.#parts.selection.later?.(copy) ?? null
  }

  delayMs (): number {
    return this.#parts.delayMs()
  }

  copyFor (target: ShadowTarget, x: Exchange, body: Uint8Array | null, leg: number): Exchange {
    return this.#parts.copy(target, x, body, `${target.id};leg=${leg}`)
  }

  /** Two answers to one request, compared and counted. */
  async judge (target: ShadowTarget, { id: requestId, method, body }: Exchange, live: Answer, answer: Answer): Promise<Verdict> {
    const comparison = await this.comparer?.(live, answer) ?? null
    const { noise, safe, targets } = this.#parts
    if (target.options.role === 'secondary') {
      for (const { options: { ledger } } of targets) ledger?.noise({ live, other: answer, comparison })
      return 'equal'
    }
    const noiseKnown = noise === 'secondary' || (noise === 'replay' && safe.has(method) && !body.present)
    const verdict = target.compared({ live, shadow: answer, comparison, requestId, noiseKnown })
    return verdict === null ? 'late' : VERDICTS[verdict]
  }

  /** Nothing of one of them is under way any more. */
  forget (): void {
    this.#watched--
  }

  /** All forks of a request share its body: each request is mirrored once. */
  #knownOf ({ companions }: Body): Mirroring | undefined {
    if (companions !== null) for (const one of companions) if (one instanceof Mirroring && one.isOf(this)) return one
    return undefined
  }

  #targetsOf (x: Exchange): readonly ShadowTarget[] {
    const { targets, selection, replay, replays } = this.#parts
    const why = this.#noneOf(x) ?? selection.now?.(x) ?? null
    if (why !== null) return this.#none('skipped', why, targets)
    const chosen = this.#chosen(x)
    if (chosen.length === 0) return chosen
    const full = this.#noRoom()
    if (full !== null) return this.#none('dropped', full, chosen)
    return replay !== null && !x.body.present && replays(x) ? [...chosen, replay] : chosen
  }

  /** Why a request is for no shadow at all. */
  #noneOf ({ method, upgrade, headers }: Exchange): Reason | null {
    const { options: { methods }, isOpen } = this.#parts
    if (!methods.has(method)) return 'method'
    if (upgrade !== null) return 'upgrade'
    // A copy of ours: mirrors of mirrors would have no end
    if (headers.has(MARK)) return 'marked'
    return isOpen === null || isOpen() ? null : 'window'
  }

  /** Copies are the first that a process does without. */
  #noRoom (): Reason | null {
    const { options: { shed, watched }, load } = this.#parts
    if (load.eventLoopDelayMs > shed.eventLoopDelay || load.memoryShare > shed.memory) return 'pressure'
    return this.#watched >= watched ? 'full' : null
  }

  #chosen (x: Exchange): ShadowTarget[] {
    const { targets, choose, options: { delayed, pipeline } } = this.#parts
    const reasons = choose(x)
    return targets.filter(({ options: { decisions, breaker } }, i) => {
      const reason = reasons[i] ?? null
      if (reason !== null) decisions.count('skipped', reason)
      // What is sent later may find it closed again; and of a chain the next must not be asked in its place
      else if (delayed || pipeline || breaker.admits) return true
      else decisions.count('dropped', 'circuit-open')
      return false
    })
  }

  #none (result: 'skipped' | 'dropped' | 'failed', reason: Reason, targets: readonly ShadowTarget[]): readonly ShadowTarget[] {
    for (const { options: { decisions } } of targets) decisions.count(result, reason)
    return []
  }
}
