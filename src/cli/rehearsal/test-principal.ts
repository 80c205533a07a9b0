import { principal, type Principal } from '../../contract/principal.ts'
import type { RouteTest } from '../../contract/route-file.ts'
import { REHEARSED_TOKEN } from './stand-ins.ts'

/** Who a route test says is calling: proved by nothing, and marked so. */
export function testPrincipal (as: NonNullable<RouteTest['as']>): Principal {
  const { subject, client = null, scopes, roles, tenant = null, level, claims } = as
  return principal({ subject, client, scopes, roles, tenant, level, claims: { sub: subject, ...claims }, source: 'test', token: REHEARSED_TOKEN })
}
