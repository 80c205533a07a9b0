import type { CallEnd, CallWatcher } from '../../contract/call-watcher.ts'
import type { Clock, Random } from '../../contract/services.ts'
import { callOutcome } from '../../contract/call-outcome.ts'
import type { Member } from '../member.ts'
import type { Balancers, WeightOf } from './balancer.ts'
import { BetterOfTwo } from './drawing.ts'

/** What is this old counts for a third (1/e) of what it did. */
const DECAY_MS = 10_000
/** A refused connection takes no time at all and must not look fast. */
const FAILED_MS = 1000

type Monotonic = () => number

/** The latency of one member: up at once, down in time. */
class PeakEwma implements CallWatcher {
  readonly #monotonic: Monotonic
  #ms = 0
  #seenMs: number
  #known = false

  constructor (monotonic: Monotonic) {
    this.#monotonic = monotonic
    this.#seenMs = monotonic()
  }

  ended (end: CallEnd): void {
    const outcome = callOutcome(end)
    if (outcome === 'failure') this.#see(Math.max(end.headMs, FAILED_MS))
    else if (end.status !== 0) this.#see(end.headMs)
    // Nobody waited for the answer any more: it would have taken longer than that
    else if (end.headMs > this.now()) this.#see(end.headMs)
  }

  /** Nobody has asked for long: it may be well again, and is worth a try. */
  now (): number {
    return this.#ms * Math.exp((this.#seenMs - this.#monotonic()) / DECAY_MS)
  }

  /** One of which nothing is known gets one request, and the next when it has answered. */
  cost (load: number): number {
    if (this.#known) return this.now() * (load + 1)
    return load === 0 ? 0 : Number.MAX_VALUE
  }

  #see (ms: number): void {
    const nowMs = this.#monotonic()
    const share = Math.exp((this.#seenMs - nowMs) / DECAY_MS)
    this.#ms = ms > this.#ms ? ms : this.#ms * share + ms * (1 - share)
    this.#seenMs = nowMs
    this.#known = true
  }
}

class EwmaBalancer extends BetterOfTwo {
  readonly #latencies: WeakMap<Member, PeakEwma>
  readonly #meanWeight: number

  constructor (members: readonly Member[], weightOf: WeightOf | null, random: Random, latencies: WeakMap<Member, PeakEwma>) {
    super(members, weightOf, random)
    this.#latencies = latencies
    this.#meanWeight = members.reduce((sum, { weight }) => sum + weight, 0) / members.length
  }

  protected override isBetter (member: Member, than: Member): boolean {
    return this.#cost(member) < this.#cost(than)
  }

  #cost (member: Member): number {
    return this.#latencies.get(member)!.cost(member.endpoint.inFlight * this.#meanWeight / member.weight)
  }
}

/**
 * Of two drawn by weight, the one with less to wait for: latency times requests in flight. Latency is a moving average that follows a rise
 * at once and a fall in time (peak EWMA, as Finagle has it).
 */
export function ewma (random: Random, { monotonic }: Pick<Clock, 'monotonic'>): Balancers {
  const latencies = new WeakMap<Member, PeakEwma>()
  return (members, weightOf) => {
    for (const member of members) {
      if (latencies.has(member)) continue
      const latency = new PeakEwma(monotonic)
      latencies.set(member, latency)
      member.meter = latency
    }
    return new EwmaBalancer(members, weightOf, random, latencies)
  }
}
