import { Choice, Config, ConfigError, List, SettableHeaderName, Size, Timeout, Type } from '../../../src/contract/index.ts'
import type { StaticDecode } from 'typebox'
import { ClaimsSchema } from './copied-claims.ts'
import { DeviceSchema } from './device.ts'
import { EnrichSchema } from './enrichment.ts'

/** What a route file can say of the passport. */
export const PassportSchema = Config({
  header: SettableHeaderName({ default: 'X-Passport', description: 'Request header it goes upstream in. No client can send it, on any route.' }),
  ring: Type.String({ minLength: 1, default: 'passport', description: 'Key ring that signs it (`keyRings`).' }),
  algorithm: Choice(['EdDSA', 'HS256'], { default: 'EdDSA', description: '`EdDSA`: upstreams hold public keys only. `HS256`: cheaper, with a secret derived for the one audience (`gatehouse keys derive`).' }),
  issuer: Type.String({ minLength: 1, default: 'gatehouse', description: '`iss`: the name of this gateway.' }),
  audience: Type.Optional(List(Type.String({ minLength: 1 }), { description: '`aud`: who it is for. Default: the upstreams of the route, by name.' })),
  ttl: Timeout({ default: '30s', description: 'How long it is good for, from 5s to 60s.' }),
  bind: Choice(['none', 'request'], { default: 'none', description: '`request`: good for this one request (`txn`, `req`), so that one is made for each.' }),
  bindBody: Type.Optional(Size({ description: 'The largest body that is held for its digest, with `bind: request`; a larger one is 413. Default: 1MiB.' })),
  claims: Type.Optional(ClaimsSchema),
  device: Type.Optional(DeviceSchema),
  anonymous: Type.Boolean({ default: true, description: 'Whether callers that nobody knows get one (`lvl` 0), or no header at all.' }),
  maxBytes: Size({ default: '4KiB', description: 'The largest it may get. Then `ctx`, copied claims and `dev` are left out, in this order; what is still larger is 431.' }),
  enrich: Type.Optional(EnrichSchema)
})
export type PassportConfig = StaticDecode<typeof PassportSchema>

/** Where clients put credentials of their own. */
const CREDENTIALS = ['authorization', 'cookie', 'dpop']

/** ConfigError where values do not go together. */
export function checkConfig ({ header, ttl, bind, bindBody }: PassportConfig): void {
  if (CREDENTIALS.includes(header.toLowerCase())) throw new ConfigError('GW_CONFIG_INVALID', '/header', 'clients put their own credentials there: another header')
  if (ttl < 5000 || ttl > 60_000) throw new ConfigError('GW_CONFIG_INVALID', '/ttl', 'expected a duration from 5s to 60s')
  if (bind === 'none' && bindBody !== undefined) throw new ConfigError('GW_CONFIG_NO_EFFECT', '/bindBody', 'a body is held with bind: request only')
}
