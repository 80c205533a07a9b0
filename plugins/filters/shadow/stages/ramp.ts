import { labelledCounter, type Counter, type Services } from '../../../../src/contract/index.ts'
import { figures, share } from './gates.ts'
import { held, promoted, restarted, resumed, takenDown, type Cause, type Step } from './moves.ts'
import { nextStep, type Window } from './next-step.ts'
import { Outage } from './outage.ts'
import { epochOf, isSameStay, type Move, type RampState } from './ramp-state.ts'
import { RampStore, type Kept } from './ramp-store.ts'
import { rampView, type RampView } from './ramp-view.ts'
import { StageCounts, type RampSample } from './stage-counts.ts'
import type { Stage } from './stages-schema.ts'
import { StayClock } from './stay-clock.ts'
import { Turns } from './turns.ts'

/** What a ramp is made of. */
export interface RampOptions {
  /** Name of it: route and shadow. Whoever has the same name, stages and store has the same ramp. */
  readonly key: string
  /** The label `shadow`; `key` when left out. */
  readonly shadow?: string
  readonly stages: readonly Stage[]
  /** Hash of the stages' config: another config is another ramp, which begins anew, so that old and new do not pull at one during a rolling deploy. */
  readonly fingerprint: string
  readonly services: Pick<Services, 'store' | 'clock' | 'random' | 'log' | 'metrics'>
}

/** How much of a stay one process may know alone: this part of its hold, or so long. */
const UNTOLD = { part: 1 / 20, leastMs: 10_000 }
/** What an operator says is tried so often where somebody else is first each time. */
const TRIES = 5

/**
 * The share of requests that a shadow gets, in stages. Every second each process tells what it has counted and hears what all have; from the same totals all come to
 * the same step, and one of them writes it down: the others see that they were late. No request waits for it.
 */
export class Ramp {
  readonly #options: RampOptions
  readonly #store: RampStore
  readonly #count: (move: Move) => Counter
  readonly #turns: Turns
  readonly #stay: StayClock
  readonly #outage = new Outage()
  /** Not told yet. */
  #pending = new StageCounts()
  /** Of all processes, when they were last heard. */
  #totals = new StageCounts()
  #kept: Kept | null = null
  #percent = 0

  constructor (options: RampOptions) {
    const { key, shadow = key, stages, fingerprint, services } = options
    this.#options = options
    this.#store = new RampStore({ store: services.store, random: services.random, stages, name: `shadow-stages:${key}:${fingerprint}` })
    this.#count = labelledCounter(withShadow(services.metrics, shadow), 'gatehouse_shadow_stage_changes_total', 'to')
    this.#stay = new StayClock(services.clock)
    this.#turns = new Turns(() => this.#turn(), services)
    // The state is known before anybody asks; turns begin when somebody does
    this.#turns.alone(() => this.#turn()).catch(() => {})
  }

  /** The share to mirror now, from 0 to 1; 0 until the state has been read. Who asks first after a rest hears what was known before it. */
  get percent (): number {
    this.#turns.touch()
    return this.#percent
  }

  /** What came of a mirrored request. What began before this stage did is not counted. */
  record (sample: RampSample): void {
    this.#turns.touch()
    const beganMs = this.#nowMs - Math.max(sample.liveMs, sample.shadowMs)
    if (beganMs >= this.#stay.sinceMs) this.#pending.record(sample)
  }

  /** What this process knows; totals of others are up to a second old. */
  view (): RampView {
    this.#turns.touch()
    const { stages, services } = this.#options
    const counts = this.#totals.copy()
    counts.add(this.#pending)
    return rampView({ state: this.#kept?.state ?? null, stages, counts, servedMs: this.#stay.servedMs, percent: this.#percent, shared: services.store.shared, storeDown: this.#outage.isOn })
  }

  /** To the next stage, whatever the gates say. Like all that operators do it rejects with StoreUnavailable. */
  promote (): Promise<RampView> { return this.#act((state, cause) => promoted(state, this.#options.stages, cause)) }
  /** To the stage before, and stays there. */
  rollback (): Promise<RampView> { return this.#act(takenDown) }
  /** Stays where it is; a gate that breaks takes it down all the same. */
  hold (): Promise<RampView> { return this.#act(held) }
  /** Goes on by itself, with failures forgotten. */
  resume (): Promise<RampView> { return this.#act(resumed) }
  /** From the first stage. */
  restart (): Promise<RampView> { return this.#act(restarted) }

  /** Ends it, when what is under way has ended. What was not told is not told any more. */
  close (): Promise<void> {
    return this.#turns.close()
  }

  get #nowMs (): number { return this.#options.services.clock.monotonic() }
  get #at (): string { return new Date(this.#options.services.clock.now()).toISOString() }

  /** Whatever goes wrong, the store cannot be used: there is nothing else outside. */
  async #turn (): Promise<void> {
    try {
      const { state } = await this.#read()
      if (this.#turns.isOver) return
      await this.#tell(state)
      if (this.#turns.isOver) return
      await this.#step()
      this.#reached()
    } catch (error) {
      if (!this.#turns.isOver) this.#unreached(error as Error)
    }
  }

  async #read (): Promise<Kept> {
    const kept = await this.#store.read(this.#at)
    this.#adopt(kept)
    return kept
  }

  #adopt (kept: Kept): void {
    const before = this.#kept?.state
    const { state } = kept
    this.#kept = kept
    this.#stay.see(state)
    if (before === undefined || !isSameStay(before, state)) this.#outage.forget(this.#nowMs)
    if (before === undefined || epochOf(before) !== epochOf(state)) {
      this.#pending = new StageCounts()
      this.#totals = new StageCounts()
    }
    this.#setPercent()
  }

  #setPercent (): void {
    const stage = (this.#kept?.state.stage ?? -1) - (this.#outage.lowered ? 1 : 0)
    this.#percent = this.#options.stages[stage]?.percent ?? 0
  }

  async #tell (state: RampState): Promise<void> {
    const told = this.#pending
    this.#pending = new StageCounts()
    try {
      this.#totals = await this.#store.tally(state, told)
    } catch (error) {
      this.#outage.lose(told)
      throw error
    }
  }

  async #step (): Promise<void> {
    const kept = this.#kept!
    const { servedMs } = this.#stay
    const step = nextStep(kept.state, this.#options.stages, { counts: this.#totals, servedMs, at: this.#at })
    if (step === null) await this.#tellTime(kept, servedMs)
    // Where somebody else was first, what is left to do is left to the next turn
    else if (!await this.#replace(kept, step)) await this.#read()
  }

  /** So that a hold outlasts the processes that see it. */
  async #tellTime (kept: Kept, servedMs: number): Promise<void> {
    const { state } = kept
    const untoldMs = Math.max(UNTOLD.leastMs, (this.#options.stages[state.stage]?.hold ?? 0) * UNTOLD.part)
    if (servedMs - state.servedMs < untoldMs) return
    const told = await this.#store.replace(kept, { ...state, servedMs })
    if (told !== null) this.#adopt(told)
  }

  async #replace (kept: Kept, { move, next }: Step | Window): Promise<boolean> {
    const now = await this.#store.replace(kept, next)
    if (now === null) return false
    this.#adopt(now)
    if (move !== null) this.#say(move, next)
    if (epochOf(kept.state) !== epochOf(next)) await this.#store.forget(kept.state)
    return true
  }

  #act (make: (state: RampState, cause: Cause) => Step | null): Promise<RampView> {
    return this.#turns.alone(async () => {
      for (let i = 0; i < TRIES; i++) {
        const kept = await this.#read()
        const step = make(kept.state, { at: this.#at, reason: 'operator' })
        if (step === null || await this.#replace(kept, step)) return this.view()
      }
      throw new Error('the ramp is being changed by others all the time')
    })
  }

  #say (move: Move, { stage, reason }: RampState): void {
    this.#count(move).add()
    const isDown = move === 'rolled-back' || move === 'stopped'
    const fields = { ...this.#fields, 'gatehouse.shadow.stage': stage, 'gatehouse.shadow.percent': share(this.#percent), 'event.reason': reason }
    this.#options.services.log[isDown ? 'warn' : 'info'](fields, `shadow ramp ${move}`)
  }

  #reached (): void {
    if (!this.#outage.end()) return
    this.#setPercent()
    this.#options.services.log.info(this.#fields, 'shadow ramp: the store can be used again')
  }

  #unreached ({ message }: Error): void {
    const { stages, services: { log } } = this.#options
    if (this.#outage.start(this.#nowMs)) log.warn({ ...this.#fields, 'error.message': message }, 'shadow ramp: the store cannot be used, so the stage stays as it is known here')
    const stage = stages[this.#kept?.state.stage ?? -1]
    const broken = stage === undefined ? null : this.#outage.judge(this.#pending, stage, this.#nowMs)
    if (broken === null) return
    this.#setPercent()
    log.warn({ ...this.#fields, 'gatehouse.shadow.percent': share(this.#percent), 'event.reason': figures(broken.gate, broken.counts) }, 'shadow ramp: lowered in this process until the store can be used')
  }

  get #fields (): object { return { 'gatehouse.shadow': this.#options.key } }
}

/** All of them with the label. */
const withShadow = (metrics: Services['metrics'], shadow: string): Services['metrics'] => ({
  counter: (name, labels) => metrics.counter(name, { ...labels, shadow }),
  histogram: (name, labels) => metrics.histogram(name, { ...labels, shadow })
})
