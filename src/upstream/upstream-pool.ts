import { admits } from '../contract/call-gate.ts'
import type { Exchange } from '../contract/exchange.ts'
import type { Reply } from '../contract/reply.ts'
import { problem } from '../contract/refuse.ts'
import type { Clock, Random } from '../contract/services.ts'
import type { Address } from './address.ts'
import type { Balancer, Balancers, WeightOf } from './balance/balancer.ts'
import type { Acceptable, Member } from './member.ts'
import { Members, type MemberListener, type TakeEndpoint } from './members.ts'
import { rotation, type Cell, type Rotation } from './rotation.ts'
import { warmAtMs, warmingWeights, warmth } from './slow-start.ts'

/** What a pool is made of beside its addresses. */
export interface PoolOptions {
  /** Of the upstream; an origin where it has none. */
  readonly name: string
  /** Whose calls it is for, where it is for some calls only. */
  readonly lane?: string | null
  readonly balancers: Balancers
  readonly take: TakeEndpoint
  readonly clock: Pick<Clock, 'monotonic'>
  readonly random: Random
  readonly zone: string | null
  readonly spillBelow: number
  readonly panicBelow: number
  /** 0: none. */
  readonly slowStartMs: number
}

/** A cell of the rotation with its balancer, made when it is first needed, and the shares of all up to it. */
interface Place { readonly cell: Cell, readonly upTo: number, balancer: Balancer | null }

/**
 * The members of one upstream, shared by all routes that send requests there. Who is asked is worked out when something changes, and never
 * for a request: that costs one pick.
 */
export class UpstreamPool {
  readonly name: string
  readonly lane: string | null
  readonly #options: PoolOptions
  readonly #members: Members
  readonly #weightOf: WeightOf
  #rotation: Rotation = { cells: [], panic: false }
  #places: readonly Place[] = []
  /** Where all requests go to one cell: its balancer. Where that is one member: it. */
  #only: Balancer | null = null
  #single: Member | null = null
  /** Until then weights grow; -Infinity: none does. */
  #warmAtMs = -Infinity
  #generation = 0

  constructor (options: PoolOptions) {
    const { name, lane = null, take, clock, slowStartMs } = options
    this.name = name
    this.lane = lane
    this.#options = options
    this.#members = new Members(take, clock)
    this.#weightOf = warmingWeights(slowStartMs, () => clock.monotonic())
  }

  get members (): readonly Member[] { return this.#members.all }
  get addresses (): ReadonlyMap<string, readonly Address[]> { return this.#members.bySource }
  /** So little is up that health is not believed. */
  get panic (): boolean { return this.#rotation.panic }
  /** Another one whenever members, or who of them is asked, have changed. */
  get generation (): number { return this.#generation }

  /** Hears of the members there are and of all that come and go; the result ends that. */
  onMember (listener: MemberListener): () => void {
    return this.#members.listen(listener)
  }

  /** What a source of addresses says that there is: new ones are added, those that stay keep their connections, others finish what they do. */
  setMembers (addresses: readonly Address[], source = 'discovery'): void {
    if (this.#members.set(addresses, source)) this.changed()
  }

  /** Health or ejection of a member is another. */
  changed (): void {
    const { slowStartMs } = this.#options
    this.#members.noteReturns()
    this.#rotation = rotation(this.members, this.#options)
    this.#warmAtMs = slowStartMs === 0 ? -Infinity : warmAtMs(this.members, slowStartMs)
    this.#rebalance()
    this.#generation++
  }

  /** What a member has got to of its weight since it came, 0 to 1. */
  warmthOf ({ sinceMs }: Member): number {
    const { clock, slowStartMs } = this.#options
    return warmth(sinceMs, clock.monotonic(), slowStartMs)
  }

  /** Whether this request may be sent to it at this moment. */
  allows (member: Member, x: Exchange): boolean {
    return (member.up || this.#rotation.panic) && isFree(member, x)
  }

  /** The member for this request, if possible one that has not failed it; null where `refusal` says why there is none. */
  pick (x: Exchange): Member | null {
    if (this.#warmAtMs !== -Infinity && this.#options.clock.monotonic() >= this.#warmAtMs) this.#warmedUp()
    const first = this.#single ?? (this.#only ?? this.#drawn())?.pick(x, null) ?? null
    if (first === null || isFree(first, x)) return first
    return this.#pickAmong(x, member => isFree(member, x)) ?? this.#pickAmong(x, member => isOpen(member, x))
  }

  /** Why no member could be picked. */
  refusal (x: Exchange): Reply {
    const asked = this.#rotation.cells.flatMap(({ members }) => members)
    if (asked.length === 0) return problem('GW_NO_ENDPOINT', x.id)
    if (!asked.some(({ endpoint }) => admits(x, endpoint.origin))) return problem('GW_CIRCUIT_OPEN', x.id)
    return problem('GW_OVERLOADED', x.id, undefined, { 'retry-after': '1' })
  }

  /** Lets go of all connections when what goes on over them has ended. */
  close (): void {
    this.#members.close()
    this.changed()
  }

  #warmedUp (): void {
    this.#warmAtMs = -Infinity
    this.#rebalance()
  }

  #rebalance (): void {
    const places: Place[] = []
    for (const cell of this.#rotation.cells) places.push({ cell, upTo: (places.at(-1)?.upTo ?? 0) + cell.share, balancer: null })
    this.#places = places
    const [one, other] = this.#places.filter(({ cell }) => cell.share > 0)
    this.#only = one === undefined || other !== undefined ? null : this.#balancerOf(one)
    this.#single = this.#only !== null && one!.cell.members.length === 1 ? one!.cell.members[0]! : null
  }

  #balancerOf (place: Place): Balancer {
    const { cell: { members } } = place
    place.balancer ??= members.length === 1 ? only(members[0]!) : this.#options.balancers(members, this.#warmAtMs === -Infinity ? null : this.#weightOf)
    return place.balancer
  }

  /** By chance while requests spill over. */
  #drawn (): Balancer | null {
    if (this.#places.length === 0) return null
    const drawn = this.#options.random.next()
    return this.#balancerOf(this.#places.find(({ cell, upTo }) => cell.share > 0 && drawn < upTo) ?? this.#places.findLast(({ cell }) => cell.share > 0)!)
  }

  #pickAmong (x: Exchange, acceptable: Acceptable): Member | null {
    for (const place of this.#places) {
      const found = this.#balancerOf(place).pick(x, acceptable)
      if (found !== null) return found
    }
    return null
  }
}

const only = (member: Member): Balancer => ({ pick: (_x, acceptable) => acceptable === null || acceptable(member) ? member : null })

const isFree = (member: Member, x: Exchange): boolean =>
  (x.avoid === null || !x.avoid.includes(member.endpoint.origin)) && isOpen(member, x)

/** Neither full nor kept away from by a gate. */
const isOpen = ({ endpoint }: Member, x: Exchange): boolean =>
  !endpoint.full && (x.gates === null || admits(x, endpoint.origin))
