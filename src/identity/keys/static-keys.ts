import { createSecretKey } from 'node:crypto'
import { ConfigError } from '../../contract/config-error.ts'
import { SYMMETRIC, type IssuerConfig } from '../../contract/issuers.ts'
import { keysOfSet, readKey, UnusableKey } from './read-keys.ts'
import type { KeySource, VerificationKey } from './verification-key.ts'

/** RFC 7518 3.2: no shorter than the hash. */
const MIN_SECRET_BYTES: Readonly<Record<typeof SYMMETRIC[number], number>> = { HS256: 32, HS384: 48, HS512: 64 }

type Read = { readonly keys: readonly VerificationKey[], readonly faults: readonly ConfigError[] }

/** The keys that the route file holds itself (`keys`, `secret`). Throws ConfigError with `pointer` before the place inside the issuer's entry. */
export function staticKeys (config: IssuerConfig, pointer: string): KeySource {
  const { keys, faults: [fault] } = readStaticKeys(config, pointer)
  if (fault) throw fault
  // Nothing can be asked for a kid that is not here, so that a key without one may be meant by any: a kid is but a hint (RFC 7515 4.1.4)
  return { keysFor: ({ alg, kid }) => keys.filter(key => key.algorithms.includes(alg) && (kid === null || key.kid === null || key.kid === kid)) }
}

/** The same, with all that is wrong at once. */
export function readStaticKeys (config: IssuerConfig, pointer: string): Read {
  if (config.secret !== undefined) return readSecret(config.secret, config, pointer)
  const { keys: written = [] } = config
  return typeof written === 'string' ? readText(written, config, `${pointer}/keys`) : readList(written, config, pointer)
}

function readSecret (secret: string, { algorithms }: IssuerConfig, pointer: string): Read {
  const symmetric = algorithms.filter(isSymmetric)
  const faults = [...secretFaults(secret, symmetric, pointer), ...algorithms.flatMap((algorithm, i) =>
    isSymmetric(algorithm) ? [] : [new ConfigError('GW_CONFIG_NO_EFFECT', `${pointer}/algorithms/${i}`, `${algorithm} needs a public key, and a secret is the only key: leave it out`)])]
  // With no HS* at all it is the secret that has no effect
  if (symmetric.length === 0) return { keys: [], faults: faults.slice(0, 1) }
  return { keys: [{ kid: null, algorithms: symmetric, key: createSecretKey(secret, 'utf8'), pem: null, revoked: false }], faults }
}

function secretFaults (secret: string, symmetric: readonly typeof SYMMETRIC[number][], pointer: string): ConfigError[] {
  const at = `${pointer}/secret`
  const minBytes = Math.max(...symmetric.map(algorithm => MIN_SECRET_BYTES[algorithm]))
  if (symmetric.length === 0) return [new ConfigError('GW_CONFIG_NO_EFFECT', at, 'no HS* is among the algorithms')]
  // Everybody has the public key, so that everybody could sign with it
  if (/-----BEGIN |"kty"/.test(secret)) return [new ConfigError('GW_CONFIG_INVALID', at, 'a key in PEM or as a JWK, and not a secret')]
  return Buffer.byteLength(secret) < minBytes ? [new ConfigError('GW_CONFIG_INVALID', at, `${symmetric.join(', ')} needs a secret of ${minBytes} bytes or more (RFC 7518 3.2)`)] : []
}

const isSymmetric = (algorithm: string): algorithm is typeof SYMMETRIC[number] => SYMMETRIC.some(symmetric => symmetric === algorithm)

function readList (jwks: readonly unknown[], { algorithms }: IssuerConfig, pointer: string): Read {
  const read = jwks.map(jwk => readKey(jwk, algorithms))
  return {
    keys: read.filter(isUsable),
    faults: read.flatMap((key, i) => key instanceof UnusableKey ? [new ConfigError('GW_CONFIG_INVALID', `${pointer}/keys/${i}`, key.detail)] : [])
  }
}

const isUsable = (key: VerificationKey | UnusableKey): key is VerificationKey => !(key instanceof UnusableKey)

/** What an issuer publishes may well hold keys for encryption; keys that are plainly wrong it may not. */
function readText (text: string, { algorithms }: IssuerConfig, at: string): Read {
  const jwks = keysOfSet(parsed(text))
  if (typeof jwks === 'string') return { keys: [], faults: [new ConfigError('GW_CONFIG_INVALID', at, `${jwks}; the text of one belongs here, and "\${file:issuer-keys.json}" gives that of a file`)] }
  const read = jwks.map(jwk => readKey(jwk, algorithms))
  const keys = read.filter(isUsable)
  const faults = read.flatMap((key, i) => key instanceof UnusableKey && key.why !== 'purpose' ? [new ConfigError('GW_CONFIG_INVALID', at, `key ${i} of the set: ${key.detail}`)] : [])
  return { keys, faults: keys.length + faults.length > 0 ? faults : [new ConfigError('GW_CONFIG_INVALID', at, 'a JWK Set without a key for verifying signatures')] }
}

/** What the parser says would quote the text. */
function parsed (text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
