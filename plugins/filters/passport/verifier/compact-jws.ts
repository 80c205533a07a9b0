import { PassportError } from './passport-error.ts'

/** A passport taken apart, not verified yet. */
export interface CompactJws {
  readonly alg: 'EdDSA' | 'HS256'
  readonly kid: string
  /** What was signed (RFC 7515 5.2). */
  readonly input: string
  readonly payload: Buffer
  readonly signature: Buffer
}

/** Gateways mint 4 KiB by default. */
const MAX_LENGTH = 16 * 1024
const HEADER_MEMBERS = ['alg', 'kid', 'typ']

/** Takes a header value apart (RFC 7515 7.1). Throws PassportError for whatever no gateway has written. */
export function compactJws (header: string | readonly string[] | null | undefined): CompactJws {
  const text = oneLine(header)
  if (text.length > MAX_LENGTH) throw new PassportError('too-large', `the passport has more than ${MAX_LENGTH} characters`)
  const parts = text.split('.')
  if (parts.length !== 3) throw new PassportError('malformed', 'the passport is no compact JWS')
  const [protectedHeader, payload, signature] = parts as [string, string, string]
  return { ...headerOf(protectedHeader), input: `${protectedHeader}.${payload}`, payload: bytes(payload), signature: bytes(signature) }
}

/** Several lines of a header arrive as a list, or joined by commas (RFC 9110 5.3). */
function oneLine (header: string | readonly string[] | null | undefined): string {
  const lines = header === undefined || header === null ? [] : typeof header === 'string' ? [header] : header
  if (lines.length === 0 || lines[0] === '') throw new PassportError('missing', 'the request has no passport')
  if (lines.length > 1 || lines[0]!.includes(',')) throw new PassportError('repeated', 'the request has more than one passport')
  return lines[0]!
}

function headerOf (part: string): Pick<CompactJws, 'alg' | 'kid'> {
  const { alg, kid, typ, ...others } = jsonObject(bytes(part))
  if (typ !== 'passport+jwt') throw new PassportError('type', 'the token is no passport ("typ")')
  if (alg !== 'EdDSA' && alg !== 'HS256') throw new PassportError('algorithm', 'passports are signed by EdDSA or HS256')
  if (typeof kid !== 'string') throw new PassportError('malformed', 'the passport does not say its key ("kid")')
  // `crit` would ask for what nobody here understands, `jwk` and `jku` would bring their own keys (RFC 8725 3.10)
  if (Object.keys(others).length > 0) throw new PassportError('malformed', `the header of a passport has ${HEADER_MEMBERS.join(', ')} and nothing else`)
  return { alg, kid }
}

/** Strict base64url (RFC 7515 2): no padding, no other characters, no bits that say nothing. */
function bytes (text: string): Buffer {
  const decoded = Buffer.from(text, 'base64url')
  if (decoded.toString('base64url') !== text) throw new PassportError('malformed', 'a part of the passport is not base64url')
  return decoded
}

/** The object that these bytes are. */
export function jsonObject (json: Buffer): Readonly<Record<string, unknown>> {
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(json))
  } catch {
    value = null
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new PassportError('malformed', 'a part of the passport is no JSON object')
  return value as Readonly<Record<string, unknown>>
}
