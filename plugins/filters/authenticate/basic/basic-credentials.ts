import { Refusal } from '../../../../src/contract/index.ts'

/** What Basic carries (RFC 7617 2). Secrets. */
export interface BasicCredentials { readonly user: string, readonly password: string }

const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/
const LONGEST = 1024
/** bcrypt looks at no more: a longer password would be as good as its first 72 bytes. */
const LONGEST_PASSWORD_BYTES = 72
const CONTROL = /\p{Cc}/u

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const MALFORMED = new Refusal('malformed', 'Basic credentials')
const TOO_LARGE = new Refusal('too-large', 'Basic credentials')

/** User and password as UTF-8; a Refusal where they are not what RFC 7617 allows. The password may have colons in it, the user not. */
export function basicCredentials (credentials: string): BasicCredentials | Refusal {
  if (credentials.length > LONGEST) return TOO_LARGE
  const text = decoded(credentials)
  const at = text?.indexOf(':') ?? -1
  if (text === null || at < 1 || CONTROL.test(text)) return MALFORMED
  const password = text.slice(at + 1)
  return Buffer.byteLength(password) > LONGEST_PASSWORD_BYTES ? TOO_LARGE : { user: text.slice(0, at), password }
}

/** Null where it is not base64 in its one canonical form (RFC 4648 3.5), or not UTF-8. */
function decoded (credentials: string): string | null {
  if (!BASE64.test(credentials)) return null
  const bytes = Buffer.from(credentials, 'base64')
  if (bytes.toString('base64') !== credentials) return null
  try {
    return utf8.decode(bytes)
  } catch {
    return null
  }
}
