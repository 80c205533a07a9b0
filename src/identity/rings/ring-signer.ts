import { createHmac, createSecretKey, sign } from 'node:crypto'
import { ConfigError } from '../../contract/config-error.ts'
import { GatewayError } from '../../contract/errors.ts'
import type { JwtSigner, KeyRing } from '../../contract/identity.ts'
import type { Clock } from '../../contract/services.ts'
import { derivedKey } from './derived-key.ts'
import { privateKeyOf, type RingKey } from './ring-key.ts'
import { signingKey } from './ring-schedule.ts'

type SignerOptions = Parameters<KeyRing['signer']>[0]

/** A key made ready: what need not be done again for each signature is done. */
interface PreparedKey { readonly nbf: number, readonly exp: number, readonly prefix: string, signature(input: string): string }

/** Signs with the key of the moment among those of the algorithm; `keys` newest first. ConfigError where there is none. */
export function ringSigner (name: string, keys: readonly RingKey[], options: SignerOptions, clock: Clock): JwtSigner {
  const { algorithm, pointer } = options
  const prepared = keys.filter(({ alg }) => alg === algorithm).map(key => prepare(key, options))
  if (prepared.length === 0) {
    throw new ConfigError('GW_CONFIG_INVALID', pointer, `key ring "${name}" has no ${algorithm} key; \`gatehouse keys new <file> --algorithm ${algorithm}\` makes a ring of them`)
  }
  return {
    sign: claims => {
      const key = signingKey(prepared, clock.now() / 1000)
      // Whoever signed with it anyway would send what no verifier takes any more
      if (key === undefined) throw new GatewayError('GW_IDENTITY_UNAVAILABLE')
      const input = `${key.prefix}${Buffer.from(JSON.stringify(claims)).toString('base64url')}`
      return `${input}.${key.signature(input)}`
    }
  }
}

function prepare (key: RingKey, options: SignerOptions): PreparedKey {
  return { nbf: key.nbf, exp: key.exp ?? Infinity, ...options.algorithm === 'EdDSA' ? edDsa(key, options) : hs256(key, options) }
}

/** RFC 8037 3.1. */
function edDsa (key: RingKey, { type }: SignerOptions): Pick<PreparedKey, 'prefix' | 'signature'> {
  const secret = privateKeyOf(key)
  return { prefix: header('EdDSA', key.kid, type), signature: input => sign(null, Buffer.from(input), secret).toString('base64url') }
}

/** RFC 7518 3.2. */
function hs256 (key: RingKey, { type, audience }: SignerOptions): Pick<PreparedKey, 'prefix' | 'signature'> {
  const { kid, secret } = derivedKey(key, audience)
  const mac = createSecretKey(secret)
  return { prefix: header('HS256', kid, type), signature: input => createHmac('sha256', mac).update(input).digest('base64url') }
}

const header = (alg: string, kid: string, typ: string): string => `${Buffer.from(JSON.stringify({ alg, kid, typ })).toString('base64url')}.`
