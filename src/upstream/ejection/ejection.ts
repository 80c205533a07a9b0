import type { CallEnd } from '../../contract/call-watcher.ts'
import { ConfigError } from '../../contract/config-error.ts'
import type { EjectionConfig } from '../../contract/route-file.ts'
import type { Clock, Random } from '../../contract/services.ts'
import type { Member } from '../member.ts'
import type { TellChange } from '../member-changes.ts'
import { callOutcome } from '../../contract/call-outcome.ts'
import { CallRecord, type EjectionReason } from './call-record.ts'

/** Each time out is up to this part shorter, so that endpoints that went together do not all come back at once. */
const JITTER = 0.1

/** What ejection needs from outside. */
export interface EjectionDeps { readonly clock: Clock, readonly random: Random, readonly tell: TellChange }

interface Watched {
  readonly member: Member
  readonly record: CallRecord
  /** While it is out: ends that before its time. */
  out: AbortController | null
}

/**
 * Passive health: takes members whose calls fail out of rotation for a time. Never so many that more than `maxShare` of all are down,
 * those that fail their health checks among them: with two members and 50% one, with one none. A timer runs for each member that is
 * out, none for calls.
 */
export class Ejection {
  readonly #config: EjectionConfig
  readonly #deps: EjectionDeps
  readonly #watched = new Map<Member, Watched>()

  /** Throws ConfigError below /ejection. */
  constructor (config: EjectionConfig, deps: EjectionDeps) {
    if (config.maxTime < config.time) throw new ConfigError('GW_CONFIG_INVALID', '/ejection/maxTime', 'must not be less than `time`')
    this.#config = config
    this.#deps = deps
  }

  add (member: Member): void {
    if (this.#watched.has(member)) return
    const watched: Watched = { member, record: new CallRecord(this.#config), out: null }
    this.#watched.set(member, watched)
    member.watcher = { ended: end => { this.#heard(watched, end) } }
  }

  /** Where too many of the rest are out now, some come back. */
  remove (member: Member): void {
    this.#watched.get(member)?.out?.abort()
    if (this.#watched.delete(member)) queueMicrotask(() => { this.#shrink() })
  }

  close (): void {
    const all = [...this.#watched.values()]
    this.#watched.clear()
    for (const { out } of all) out?.abort()
  }

  #heard (watched: Watched, end: CallEnd): void {
    const { member, record } = watched
    // Calls to a member that is out began before that, or in a panic
    if (!member.up || !this.#watched.has(member)) return
    const outcome = callOutcome(end)
    const { monotonic } = this.#deps.clock
    if (outcome === 'success') record.succeeded(monotonic)
    if (outcome !== 'failure') return
    const nowMs = monotonic()
    if (record.isStale(nowMs - end.headMs)) return
    const reason = record.failed(nowMs)
    if (reason !== null && this.#down + 1 <= this.#mostDown) void this.#eject(watched, reason, nowMs)
  }

  get #down (): number {
    let down = 0
    for (const { up } of this.#watched.keys()) if (!up) down++
    return down
  }

  /** A share such as 29% of 100 is a little less than 29 in floating point. */
  get #mostDown (): number { return Math.floor(this.#config.maxShare * this.#watched.size + 1e-9) }

  async #eject (watched: Watched, reason: EjectionReason, nowMs: number): Promise<void> {
    const { clock, random, tell } = this.#deps
    const { member, record } = watched
    const forMs = record.ejected(nowMs) * (1 - JITTER * random.next())
    const out = new AbortController()
    watched.out = out
    member.ejected = true
    tell(member, 'ejected', { 'gatehouse.reason': reason, 'gatehouse.ejected_for_ms': Math.round(forMs) })
    await clock.sleep(forMs, out.signal).catch(() => {})
    if (!this.#watched.has(member)) return
    watched.out = null
    record.returned(clock.monotonic())
    member.ejected = false
    tell(member, 'returned', {})
  }

  #shrink (): void {
    let tooMany = this.#down - this.#mostDown
    for (const { out } of this.#watched.values()) {
      if (tooMany <= 0) return
      if (out === null || out.signal.aborted) continue
      tooMany--
      out.abort()
    }
  }
}
