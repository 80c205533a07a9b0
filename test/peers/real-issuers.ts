import type { StaticDecode } from 'typebox'
import { undiciOutbound } from '../../src/adapters/undici-outbound.ts'
import type { Issuers } from '../../src/contract/identity.ts'
import { IssuerSchema, type IssuerConfig } from '../../src/contract/issuers.ts'
import type { Clock } from '../../src/contract/services.ts'
import { validate } from '../../src/contract/validate.ts'
import { ConfiguredIssuers } from '../../src/identity/configured-issuers.ts'
import { Issuer } from '../../src/identity/issuer.ts'
import { VerifiedTokens } from '../../src/identity/tokens/verified-tokens.ts'
import { fakeLog, fakeServices } from '../../src/testing/index.ts'
import { GATEWAY_SECRET, type AuthorizationServer } from './authorization-server.ts'

/** Something that must be closed in the end: `t.teardown` of tap. */
export interface Owner { teardown(act: () => Promise<void>): void }

/** The real thing: the machine behind `issuers:` over real sockets, with this server as `main`; `over` is written as in the route file. */
export function realIssuers (t: Owner, server: AuthorizationServer, over: Partial<Record<keyof StaticDecode<typeof IssuerSchema>, unknown>> = {}): Issuers {
  const outbound = undiciOutbound()
  t.teardown(() => outbound.close())
  const { value, faults } = validate(IssuerSchema, { issuer: server.issuer, audiences: ['orders'], client: { id: 'gateway', secret: GATEWAY_SECRET }, ...over })
  if (faults.length > 0) throw new Error(JSON.stringify(faults))
  const issuer = new Issuer('main', value as IssuerConfig, { outbound, clock: REAL_TIME, log: fakeLog(), metrics: () => fakeServices().metrics })
  return new ConfiguredIssuers(new Map([['main', issuer]]), new VerifiedTokens(), REAL_TIME)
}

/** Time as it passes; nothing of an issuer waits. */
export const REAL_TIME: Clock = { now: () => Date.now(), monotonic: () => performance.now(), sleep: () => Promise.reject(new Error('nothing waits')) }
