import type { Member } from './member.ts'
import type { UpstreamPool } from './upstream-pool.ts'

/** A pool as operators see it. `lane`: which calls it is for, where it is for some only. `slowStart`: 0 to 1, what a member has got to of its weight. */
export function poolView (pool: UpstreamPool) {
  return { name: pool.name, ...pool.lane !== null && { lane: pool.lane }, panic: pool.panic, members: pool.members.map(member => memberView(member, pool)) }
}

function memberView (member: Member, pool: UpstreamPool) {
  const { endpoint: { origin, authority, inFlight }, zone, priority, weight, up, healthy, ejected } = member
  return { origin, host: authority, zone, priority, weight, up, healthy, ejected, inFlight, slowStart: pool.warmthOf(member) }
}
