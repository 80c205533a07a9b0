import { ConfigError, type Place, type Principal } from '../../../src/contract/index.ts'
import { claimCopier } from './copied-claims.ts'
import type { Device } from './device.ts'
import { Enrichment, type Facts } from './enrichment.ts'
import { passportMint, type Minted } from './mint.ts'
import type { PassportConfig } from './passport-config.ts'
import type { Binding } from './statement.ts'

/** A passport, or why there is none. */
export type Issued = Minted | 'GW_HEADERS_TOO_LARGE' | 'GW_IDENTITY_UNAVAILABLE'

/** Makes a passport for a caller; a promise only where a service must be asked for facts first. */
export type Issue = (principal: Principal | null, device: Device | null, bound: Binding | null) => Issued | Promise<Issued>

/** Who is asked for facts about callers; one for a route, so that copies of a request ask no more. */
export const enrichmentOf = ({ enrich }: PassportConfig, place: Place): Enrichment | null => enrich === undefined ? null : new Enrichment(enrich, place)

/** Everything that is the same for all passports of a route, made ready. `shadow`: those on copies of requests. */
export function passportOffice (config: PassportConfig, place: Place, enrichment: Enrichment | null, shadow: boolean): Issue {
  const { services } = place
  const mint = passportMint({ ...letterhead(config, place), shadow, ttlMs: config.ttl, maxBytes: config.maxBytes, signer: signerFor(config, place), routeId: place.routeId, services })
  const copy = claimCopier(config.claims)
  const issue = (principal: Principal | null, device: Device | null, bound: Binding | null, facts: Facts | null): Issued =>
    mint({ principal, device, bound, facts, copied: principal === null ? {} : copy(principal) }) ?? 'GW_HEADERS_TOO_LARGE'
  return (principal, device, bound) => {
    const facts = principal === null || enrichment === null ? null : enrichment.factsFor(principal, device)
    if (!(facts instanceof Promise)) return issue(principal, device, bound, facts)
    return facts.then(found => issue(principal, device, bound, found), () => enrichment!.required ? 'GW_IDENTITY_UNAVAILABLE' : issue(principal, device, bound, null))
  }
}

function letterhead ({ issuer, audience }: PassportConfig, { upstreams }: Place) {
  const names = [...new Set(audience ?? upstreams)]
  if (names.length === 0) {
    throw new ConfigError('GW_CONFIG_INVALID', '/audience', 'the route has no upstream that the passport could be for: name the audience, or take the filter off the route (`skip: [passport]`)')
  }
  return { iss: issuer, aud: names.length === 1 ? names[0]! : names }
}

function signerFor (config: PassportConfig, place: Place) {
  const { ring, algorithm } = config
  const { aud } = letterhead(config, place)
  if (typeof aud !== 'string' && algorithm === 'HS256') {
    throw new ConfigError('GW_CONFIG_INVALID', '/audience', 'HS256 has a key for each audience: name one that all upstreams of the route go by, or use EdDSA')
  }
  return place.services.keys.ring(ring, '/ring').signer({ algorithm, type: 'passport+jwt', audience: typeof aud === 'string' ? aud : aud.join(' '), pointer: '/algorithm' })
}
