import type { HealthConfig } from '../../contract/route-file.ts'
import type { Clock, Random } from '../../contract/services.ts'
import type { Member } from '../member.ts'
import type { TellChange } from '../member-changes.ts'
import { messageOf } from '../message-of.ts'
import { within } from '../within.ts'
import { HealthVerdict } from './health-verdict.ts'
import type { Probe } from './probe.ts'
import { probeOf } from './probe-of.ts'

/** First checks are spread over so long, or one interval where that is less. */
const SPREAD_MS = 1000

/** What the checks need from outside. */
export interface HealthDeps {
  readonly clock: Clock
  readonly random: Random
  readonly tell: TellChange
  /** For tests; else what the configuration describes. */
  readonly probe?: Probe
}

/** Active checks of an upstream's members: each is asked by itself, from its `add` to its `remove`. */
export class HealthChecks {
  readonly #config: HealthConfig
  readonly #deps: HealthDeps
  readonly #probe: Probe
  readonly #checked = new Map<Member, AbortController>()

  /** Throws ConfigError below /health. */
  constructor (config: HealthConfig, deps: HealthDeps) {
    this.#config = config
    this.#deps = deps
    this.#probe = deps.probe ?? probeOf(config)
  }

  add (member: Member): void {
    if (this.#checked.has(member)) return
    const stop = new AbortController()
    this.#checked.set(member, stop)
    void this.#watch(member, stop.signal)
  }

  remove (member: Member): void {
    this.#checked.get(member)?.abort()
    this.#checked.delete(member)
  }

  close (): void {
    for (const member of this.#checked.keys()) this.remove(member)
  }

  async #watch (member: Member, stop: AbortSignal): Promise<void> {
    const { clock, random } = this.#deps
    const { interval, jitter } = this.#config
    const verdict = new HealthVerdict(this.#config, member.healthy)
    try {
      await clock.sleep(random.next() * Math.min(interval, SPREAD_MS), stop)
      for (;;) {
        const fault = await this.#check(member, stop)
        if (stop.aborted) return
        if (verdict.hear(fault === null)) this.#say(member, verdict.healthy, fault)
        await clock.sleep(verdict.waitMs * (1 + jitter * (2 * random.next() - 1)), stop)
      }
    } catch (error) {
      if (!stop.aborted) throw error
    }
  }

  /** What is wrong with it; null where nothing is. */
  async #check ({ endpoint }: Member, signal: AbortSignal): Promise<string | null> {
    try {
      await within(this.#config.timeout, 'no answer in time', { clock: this.#deps.clock, signal }, inTime => this.#probe(endpoint, inTime))
      return null
    } catch (error) {
      return messageOf(error)
    }
  }

  #say (member: Member, healthy: boolean, fault: string | null): void {
    member.healthy = healthy
    this.#deps.tell(member, healthy ? 'healthy' : 'unhealthy', fault === null ? {} : { 'error.message': fault })
  }
}
