import type { Endpoint } from '../../../src/upstream/endpoint.ts'
import { Member, type MemberPlace } from '../../../src/upstream/member.ts'

/** A member at an address where nothing is. */
export const fakeMember = (origin = 'http://10.0.0.1:8080', place: Partial<MemberPlace> = {}): Member =>
  new Member({ origin, authority: new URL(origin).host, tls: null } as Endpoint, { weight: 1, zone: null, priority: 0, ...place })
