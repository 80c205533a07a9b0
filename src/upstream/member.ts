import type { CallEnd, CallWatcher } from '../contract/call-watcher.ts'
import type { Endpoint } from './endpoint.ts'

/** Where one address of an upstream stands among the others. */
export interface MemberPlace {
  /** Share of the requests; 0 for none. */
  readonly weight: number
  readonly zone: string | null
  /** Lower ones are asked first. */
  readonly priority: number
}

/** One address of an upstream as the upstream sees it: its connections are the endpoint's, which upstreams may share. */
export class Member implements MemberPlace, CallWatcher {
  readonly endpoint: Endpoint
  weight: number
  zone: string | null
  priority: number
  /** What active checks say; true where there are none. Written by them alone, who tell the pool. */
  healthy = true
  /** Whether it is out of rotation because of how its calls went. Written by ejection alone, which tells the pool. */
  ejected = false
  /** Since when it gets requests (monotonic, ms): new, well again or back. For slow start; -Infinity for one that was there from the start. Written by the pool. */
  sinceMs = -Infinity
  /** Hears how its calls go. Written by ejection alone. */
  watcher: CallWatcher | null = null
  /** The same for the balancer, where it wants to know. */
  meter: CallWatcher | null = null

  constructor (endpoint: Endpoint, { weight, zone, priority }: MemberPlace) {
    this.endpoint = endpoint
    this.weight = weight
    this.zone = zone
    this.priority = priority
  }

  /** Whether it may be asked, as far as anybody knows. */
  get up (): boolean { return this.healthy && !this.ejected }

  /** Whoever wants to hear of a call to it: itself, which tells the others; null where nobody does. */
  get heard (): CallWatcher | null { return this.watcher === null && this.meter === null ? null : this }

  ended (end: CallEnd): void {
    this.watcher?.ended(end)
    this.meter?.ended(end)
  }

  /** Another place among the others, the same connections. For the pool. Says whether it is another. */
  move ({ weight, zone, priority }: MemberPlace): boolean {
    if (this.weight === weight && this.zone === zone && this.priority === priority) return false
    this.weight = weight
    this.zone = zone
    this.priority = priority
    return true
  }
}

/** Whether a member may be taken this time. */
export type Acceptable = (member: Member) => boolean
