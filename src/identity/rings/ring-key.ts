import { createPrivateKey, generateKeyPairSync, randomBytes, type JsonWebKey, type KeyObject } from 'node:crypto'

/** What the keys of a ring can be for: signing with a key pair, signing with a shared secret, sealing (RFC 7518 3.1, 5.1; RFC 8037). */
export const RING_ALGORITHMS = ['EdDSA', 'HS256', 'A256GCM'] as const
export type RingAlgorithm = typeof RING_ALGORITHMS[number]

/** One key of a ring, a JWK (RFC 7517 4) with its secret part. Times are NumericDate (RFC 7519 2). */
export interface RingKey {
  readonly kty: 'OKP' | 'oct'
  readonly crv?: 'Ed25519'
  readonly kid: string
  readonly alg: RingAlgorithm
  readonly use: 'sig' | 'enc'
  /** Public and private part of an OKP key (RFC 8037 2). */
  readonly x?: string
  readonly d?: string
  /** 32 bytes of an oct key (RFC 7518 6.4.1). */
  readonly k?: string
  /** When it was made, and from when on it signs or seals. */
  readonly iat: number
  readonly nbf: number
  /** Until when what it has signed is verified; left out while nobody has replaced it. */
  readonly exp?: number
}

/** What the algorithm says of a key. */
export const KEY_SHAPES: Readonly<Record<RingAlgorithm, Pick<RingKey, 'kty' | 'crv' | 'use'>>> = {
  EdDSA: { kty: 'OKP', crv: 'Ed25519', use: 'sig' },
  HS256: { kty: 'oct', use: 'sig' },
  A256GCM: { kty: 'oct', use: 'enc' }
}

/** Makes a key now, in seconds since the epoch, that signs from `signsFrom` on. Its `kid` tells the day. */
export function newRingKey (algorithm: RingAlgorithm, now: number, signsFrom = now): RingKey {
  const day = new Date(now * 1000).toISOString().slice(0, 10).replaceAll('-', '')
  const kid = `${day}-${randomBytes(4).toString('hex')}`
  const material = algorithm === 'EdDSA' ? newPair() : { k: randomBytes(32).toString('base64url') }
  return { ...KEY_SHAPES[algorithm], kid, alg: algorithm, ...material, iat: now, nbf: signsFrom }
}

function newPair (): { x: string, d: string } {
  const { privateKey } = generateKeyPairSync('ed25519')
  const { x, d } = privateKey.export({ format: 'jwk' })
  return { x: x!, d: d! }
}

/** The private key of an OKP key, prepared for signing. */
export const privateKeyOf = ({ kty, crv, x, d }: RingKey): KeyObject => createPrivateKey({ key: { kty, crv, x, d } as JsonWebKey, format: 'jwk' })

/** The bytes of an oct key. */
export const secretOf = ({ k }: RingKey): Buffer => Buffer.from(k!, 'base64url')

/** What verifiers get of an OKP key (RFC 8037 2): never `d`. */
export type PublicKey = Pick<RingKey, 'kty' | 'crv' | 'x' | 'kid' | 'alg' | 'use'>

/** The public part of an OKP key. */
export const publicPart = ({ kty, crv, x, kid, alg, use }: RingKey): PublicKey => ({ kty, crv, x, kid, alg, use }) as PublicKey
