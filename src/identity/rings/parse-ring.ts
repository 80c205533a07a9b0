import { createPublicKey } from 'node:crypto'
import { base64urlBytes } from '../../contract/base64url.ts'
import { ConfigError } from '../../contract/config-error.ts'
import { isRecord, type JsonObject } from '../../contract/is-record.ts'
import { escapePointer } from '../../contract/pointer.ts'
import type { Clock } from '../../contract/services.ts'
import { KEY_SHAPES, privateKeyOf, RING_ALGORITHMS, type RingAlgorithm, type RingKey } from './ring-key.ts'
import { isLiving, newestFirst } from './ring-schedule.ts'

const MAX_KEYS = 100
const SECRET_BYTES = 32
/** `kid` is printed and stands in every token. */
const KID = /^[A-Za-z0-9._~-]{1,64}$/

/** A ring that is wrong; the text never has a part of a key. */
class RingFault extends Error {}

/** Reads a key ring as the gateway does: `readRing`, and there must be a key that has not ended. ConfigError at `/keyRings/<name>/keys`. */
export function parseRing (text: string, name: string, clock: Clock): readonly RingKey[] {
  const pointer = `/keyRings/${escapePointer(name)}/keys`
  const keys = readRing(text, pointer)
  if (keys.some(key => isLiving(key, clock.now() / 1000))) return keys
  throw new ConfigError('GW_CONFIG_INVALID', pointer, 'every key of the ring has ended; `gatehouse keys rotate <file>` adds one')
}

/**
 * The keys of a ring, newest first: a JWK Set (RFC 7517 5) with private keys, as `gatehouse keys` writes it. ConfigError at `pointer` says what is
 * wrong and how to make one.
 */
export function readRing (text: string, pointer: string): readonly RingKey[] {
  try {
    const keys = newestFirst(listOf(text).map(readKey))
    checkKids(keys)
    return keys
  } catch (error) {
    if (!(error instanceof RingFault)) throw error
    throw new ConfigError('GW_CONFIG_INVALID', pointer, `not a key ring: ${error.message}`)
  }
}

function listOf (text: string): readonly unknown[] {
  const { keys } = objectOf(parsed(text), 'it')
  if (!Array.isArray(keys) || keys.length === 0) throw new RingFault('it has no list of "keys"; `gatehouse keys new <file>` makes one')
  if (keys.length > MAX_KEYS) throw new RingFault(`it has more than ${MAX_KEYS} keys`)
  return keys
}

const EXAMPLE = 'passport-keys.json'

/** Parser messages quote what they were given, which may be a key. */
function parsed (text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new RingFault(`it is no JSON; \`gatehouse keys new <file>\` makes one, and "\${file:${EXAMPLE}}" reads it`)
  }
}

function objectOf (value: unknown, what: string): JsonObject {
  if (!isRecord(value)) throw new RingFault(`${what} is no JSON object`)
  return value
}

function readKey (value: unknown, index: number): RingKey {
  const where = `key ${index + 1}`
  const jwk = objectOf(value, where)
  const alg = RING_ALGORITHMS.find(one => one === jwk['alg'])
  if (alg === undefined) throw new RingFault(`"alg" of ${where} is none of ${RING_ALGORITHMS.join(', ')}`)
  for (const [member, expected] of Object.entries(KEY_SHAPES[alg])) {
    if (jwk[member] !== expected) throw new RingFault(`"${member}" of ${where} is not "${expected}", as "alg" ${alg} needs it`)
  }
  if (typeof jwk['kid'] !== 'string' || !KID.test(jwk['kid'])) throw new RingFault(`"kid" of ${where} is not 1 to 64 letters, digits and ._~-`)
  const key: RingKey = { ...KEY_SHAPES[alg], kid: jwk['kid'], alg, ...material(jwk, alg, where), ...times(jwk, where) }
  if (alg === 'EdDSA') checkPair(key, where)
  return key
}

function material (jwk: JsonObject, alg: RingAlgorithm, where: string): Pick<RingKey, 'x' | 'd' | 'k'> {
  const needed = alg === 'EdDSA' ? ['x', 'd'] : ['k']
  return Object.fromEntries(needed.map(member => {
    const value = jwk[member]
    if (value === undefined) throw new RingFault(`"${member}" of ${where} is missing: a ring holds the secret part of its keys too, as \`gatehouse keys new\` writes them`)
    if (typeof value !== 'string' || base64urlBytes(value)?.byteLength !== SECRET_BYTES) throw new RingFault(`"${member}" of ${where} is not ${SECRET_BYTES} bytes in base64url`)
    return [member, value]
  }))
}

function times (jwk: JsonObject, where: string): Pick<RingKey, 'iat' | 'nbf' | 'exp'> {
  const numeric = (member: string): number => {
    const value = jwk[member]
    if (!Number.isSafeInteger(value) || (value as number) < 0) throw new RingFault(`"${member}" of ${where} is not a number of seconds since 1970`)
    return value as number
  }
  const found = { iat: numeric('iat'), nbf: numeric('nbf') }
  if (jwk['exp'] === undefined) return found
  const exp = numeric('exp')
  if (exp <= found.nbf) throw new RingFault(`${where} ends ("exp") before it begins ("nbf")`)
  return { ...found, exp }
}

/** Which versions of Node find this by themselves differs. */
function checkPair (key: RingKey, where: string): void {
  let x: string | undefined
  try {
    x = createPublicKey(privateKeyOf(key)).export({ format: 'jwk' }).x
  } catch {
    x = undefined
  }
  if (x !== key.x) throw new RingFault(`"x" and "d" of ${where} are not of one key pair`)
}

function checkKids (keys: readonly RingKey[]): void {
  const kids = new Set(keys.map(({ kid }) => kid))
  if (kids.size < keys.length) throw new RingFault('two of its keys have the same "kid"')
}
