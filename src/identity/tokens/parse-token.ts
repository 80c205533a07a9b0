import { base64urlBytes } from '../../contract/base64url.ts'
import { Refusal } from '../../contract/identity.ts'
import type { JsonObject } from '../../contract/is-record.ts'
import { strictJson } from '../../contract/strict-json.ts'
import { tokenHeader, type TokenHeader } from './token-header.ts'

/** A token that can be read. Nothing in it is proved. */
export interface ParsedToken {
  readonly text: string
  readonly header: TokenHeader
  readonly claims: JsonObject
}

/** In characters, which are bytes in whatever is a token. */
export const MAX_TOKEN_LENGTH = 8192

/** Reads a JWT in the compact serialization of a JWS (RFC 7519 7.2, RFC 7515 7.1): the one way to write it, no other. */
export function parseToken (text: string): ParsedToken | Refusal {
  if (text.length > MAX_TOKEN_LENGTH) return new Refusal('too-large')
  const parts = partsOf(text)
  if (parts instanceof Refusal) return parts
  const [head, payload, signature] = parts
  const members = strictJson(head)
  if (members === null) return new Refusal('malformed', 'header')
  const header = tokenHeader(members)
  if (header instanceof Refusal) return header
  if (signature.length === 0) return new Refusal('signature', 'none')
  const claims = strictJson(payload)
  return claims === null ? new Refusal('malformed', 'claims') : { text, header, claims }
}

function partsOf (text: string): readonly [Buffer, Buffer, Buffer] | Refusal {
  const texts = text.split('.', 6)
  if (texts.length !== 3) return new Refusal('malformed', texts.length === 5 ? 'encrypted' : 'not three parts')
  const [head, payload, signature] = texts.map(base64urlBytes)
  return head && payload && signature ? [head, payload, signature] : new Refusal('malformed', 'not base64url')
}
