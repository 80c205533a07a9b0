import { base64urlBytes, Refusal, strictJson, type JsonObject } from '../../../../src/contract/index.ts'
import { proofKey, type ProofKey } from './dpop-key.ts'

/** A DPoP proof (RFC 9449 4.2) as it was sent: nothing about it has been checked but its form. */
export interface DpopProof {
  readonly algorithm: string
  readonly key: ProofKey
  readonly claims: ProofClaims
  /** What the signature is over. */
  readonly signed: string
  readonly signature: Uint8Array
}

/** The claims that count; times in seconds since the epoch. */
export interface ProofClaims {
  readonly jti: string
  readonly htm: string
  readonly htu: string
  readonly iat: number
  readonly ath: string
  readonly nonce: string | undefined
  readonly exp: number
  readonly nbf: number
}

const MAX_LENGTH = 8192
const MAX_JTI = 128
const isText = (value: unknown): value is string => typeof value === 'string'
/** RFC 9449 4.2; `ath`, since every proof here goes with a token. */
const CLAIMS: Readonly<Record<string, (value: unknown) => boolean>> = {
  jti: value => isText(value) && value !== '' && value.length <= MAX_JTI,
  htm: isText,
  htu: isText,
  iat: Number.isFinite,
  ath: isText,
  nonce: value => value === undefined || isText(value)
}

/** What is wrong with a proof, for logs: clients learn `invalid_dpop_proof`. */
export const badProof = (detail: string): Refusal => new Refusal('proof', detail)

/** Reads a proof, as strictly as a token; `algorithms` are those to accept. */
export function parseProof (text: string, algorithms: ReadonlySet<string>): DpopProof | Refusal {
  if (text.length > MAX_LENGTH) return badProof('too large')
  const parts = text.split('.')
  const [header, payload, signature] = parts.map(base64urlBytes)
  if (parts.length !== 3 || !header || !payload || !signature?.byteLength) return badProof('not a compact JWS')
  const key = readHeader(strictJson(header), algorithms)
  if (key instanceof Refusal) return key
  const claims = readClaims(strictJson(payload))
  if (claims instanceof Refusal) return claims
  return { ...key, claims, signed: text.slice(0, text.lastIndexOf('.')), signature }
}

function readHeader (header: JsonObject | null, algorithms: ReadonlySet<string>): { algorithm: string, key: ProofKey } | Refusal {
  if (header === null) return badProof('the header is not a JSON object')
  const { typ, alg, jwk } = header
  if (typ !== 'dpop+jwt') return badProof('typ')
  if (typeof alg !== 'string' || !algorithms.has(alg)) return badProof('alg')
  // RFC 7515 4.1.11: there is no extension that must be understood, and is
  if (Object.hasOwn(header, 'crit')) return badProof('crit')
  const key = proofKey(jwk, alg)
  return key === undefined ? badProof('jwk') : { algorithm: alg, key }
}

function readClaims (claims: JsonObject | null): ProofClaims | Refusal {
  if (claims === null) return badProof('the payload is not a JSON object')
  const { exp = Infinity, nbf = -Infinity, ...sent } = claims
  const wrong = Object.entries(CLAIMS).find(([name, fits]) => !fits(sent[name]))
  if (wrong !== undefined) return badProof(wrong[0])
  if (typeof exp !== 'number' || typeof nbf !== 'number') return badProof('exp or nbf')
  return { ...sent as unknown as ProofClaims, exp, nbf }
}
