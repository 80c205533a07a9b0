import { Config, ConfigError, Type, validate, type Place, type TokenVerifier } from '../../../src/contract/index.ts'
import { apiKey } from './api-key/api-key.ts'
import { basic } from './basic/basic.ts'
import { bearer } from './bearer.ts'
import { certificate } from './certificate/certificate.ts'
import { certificateSource, type CertificateOptions } from './certificate/client-certificate.ts'
import { dpop } from './dpop/dpop.ts'
import { introspection } from './introspection/introspection.ts'
import { session } from './session.ts'
import type { Surroundings, Way, WayKind } from './way.ts'

/** Every way there is. */
export const WAYS: readonly WayKind[] = [bearer, introspection, apiKey, basic, session, certificate, dpop]

/** A way by its name alone, or with options: `bearer`, `api-key: { header: X-Key }`. */
export const WayUse = Type.Union([
  Type.Enum(WAYS.map(kind => kind.name)),
  Config(Object.fromEntries(WAYS.map(kind => [kind.name, Type.Optional(kind.config)])), { minProperties: 1, maxProperties: 1, 'x-expects': 'one way with its options' })
])
/** As it is decoded. */
export type DecodedUse = string | Readonly<Record<string, unknown>>

/** What the room's config says of its ways. */
export interface WaysConfig {
  readonly ways: readonly DecodedUse[]
  readonly issuers?: readonly string[]
  readonly realm?: string
  readonly clientCertificate?: CertificateOptions
  readonly forward: boolean
}

/** One of the list, made out. */
interface Use { readonly kind: WayKind, readonly config: unknown, readonly pointer: string }

/** Makes the ways of one route, in order. ConfigError with a pointer into the room's config. */
export function makeWays (config: WaysConfig, place: Place): readonly Way[] {
  const uses = config.ways.map(makeOut)
  const kinds = uses.map(use => use.kind)
  checkUses(config, kinds)
  const surroundings = surround(config, kinds, place)
  return uses.map(use => makeWay(use, surroundings))
}

function makeOut (written: DecodedUse, i: number): Use {
  const name = typeof written === 'string' ? written : Object.keys(written)[0]!
  const kind = WAYS.find(way => way.name === name)!
  if (typeof written !== 'string') return { kind, config: written[name], pointer: `/ways/${i}/${name}` }
  const { value, faults: [fault] } = validate(kind.config, {})
  if (fault) throw new ConfigError(fault.code, `/ways/${i}`, `write ${name}: { ... }: ${fault.detail}`)
  return { kind, config: value, pointer: `/ways/${i}` }
}

/** What is written and makes no difference. */
function checkUses ({ ways, issuers, clientCertificate, forward }: WaysConfig, kinds: readonly WayKind[]): void {
  const written = ways.map(use => JSON.stringify(use))
  const again = written.findIndex((use, i) => written.indexOf(use) < i)
  if (again >= 0) throw new ConfigError('GW_CONFIG_NO_EFFECT', `/ways/${again}`, 'the way is in the list already')
  const withIssuers = kinds.some(kind => kind.needsIssuers)
  if (issuers !== undefined && !withIssuers) throw new ConfigError('GW_CONFIG_NO_EFFECT', '/issuers', `${names(kinds)} asks no issuer`)
  if (clientCertificate !== undefined && !withIssuers && !kinds.includes(certificate)) {
    throw new ConfigError('GW_CONFIG_NO_EFFECT', '/clientCertificate', `${names(kinds)} looks at no certificate`)
  }
  if (forward && kinds.every(kind => kind === session)) throw new ConfigError('GW_CONFIG_NO_EFFECT', '/forward', 'the cookie of a session never goes upstream')
}

const names = (kinds: readonly WayKind[]): string => kinds.map(kind => kind.name).join(', ')

function surround ({ issuers: wanted, realm, clientCertificate }: WaysConfig, kinds: readonly WayKind[], place: Place): Surroundings {
  const { issuers: known } = place.services
  const issuers = wanted ?? known.names
  const stranger = issuers.findIndex(name => !known.names.includes(name))
  // Throws, and knows which name is near
  if (stranger >= 0) known.verifier([issuers[stranger]!], `/issuers/${stranger}`)
  const needy = kinds.find(kind => kind.needsIssuers)
  if (needy && issuers.length === 0) throw new ConfigError('GW_CONFIG_INVALID', '/issuers', `${needy.name} needs an issuer, and the route file has none: add it to "issuers:" at the top`)
  let verifier: TokenVerifier | null = null
  return {
    place,
    realm,
    issuers,
    verifier: () => {
      verifier ??= known.verifier(issuers, '/issuers')
      return verifier
    },
    ways: kinds.map(kind => kind.name),
    certificate: certificateSource(clientCertificate ?? { from: ['socket'] })
  }
}

function makeWay ({ kind, config, pointer }: Use, surroundings: Surroundings): Way {
  try {
    return kind.create(config, surroundings)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    throw new ConfigError(error.code, pointer + error.pointer, error.detail)
  }
}
