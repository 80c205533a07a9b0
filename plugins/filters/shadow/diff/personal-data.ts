/** A text no longer than this is worth being shown; each expression takes bounded time on it. */
const LONGEST = 256

const EMAIL = /[^\s@<>"',;:()[\]]{1,64}(?:@|%40|&#64;|&#x40;|\\u0040|[([]at[)\]])[^\s@<>"',;:()[\]]{1,128}/g
const JWT = /eyJ[\w-]{4,}(?:\.[\w-]*){0,4}/g
/** RFC 9110 11.4: a scheme and what proves it. */
const CREDENTIALS = /\b(bearer|basic|digest|negotiate|dpop)\s+[^\s,;]+/gi
const IPV4 = /(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])/g
const IPV6 = /(?<![\w:])(?:(?:[0-9a-f]{1,4}:){7}[0-9a-f]{1,4}|(?=[0-9a-f:]*::)[0-9a-f:]{2,39}(?:\.\d{1,3}){0,3})(?![\w:])/gi
/** ISO 13616: country, two check digits, up to thirty letters and digits, often in groups of four. */
const IBAN = /\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,30}\b/gi
const CARD = /(?<!\d)(?:\d[ ._/-]{0,2}){12,18}\d(?!\d)/g
/** E.164, or grouped as people write it. */
const PHONE = /(?<![\w.])(?:\+|00|\()?\d(?:[ ()/.-]{0,2}\d){6,16}(?![\w])/g
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i
const SECRET = /(?<![\w+/-])(?=[\w+/-]*\d)(?=[\w+/-]*[a-z])[\w+/-]{20,}/gi
/** `password=...`, `access_token: ...`: whatever it is that follows. */
const NAMED = /(pass(?:word|wd|phrase)?|pwd|secret|token|api[_-]?key|sig(?:nature)?|sid|session(?:[_-]?id)?|otp|pin)(["']?\s{0,4}[=:]\s{0,4})[^\s&;,]+/gi
/** The keys of services that mark theirs. */
const MARKED = /(?<![\w-])(?:[sprw]k|xox[a-z]|gh[a-z]|glpat|npm|hf)[-_][\w-]{6,}|-----BEGIN[^]*/g
const MAC = /(?<![\w:-])(?:[0-9a-f]{2}[:-]){5}[0-9a-f]{2}(?![\w:-])/gi
/** Written so that expressions do not find it, or nobody sees it. */
const UNSEEN = /\p{Cf}/gu
const DATE = /^\d{4}-\d\d-\d\d(?:[T ]|$)/

/** The text without what may say who somebody is, or open a door; null where it is too long to be looked through. */
export function withoutPersonalData (text: string): string | null {
  if (text.length > LONGEST) return null
  const seen = text.normalize('NFKC').replace(UNSEEN, '')
  if (seen.length > LONGEST) return null
  return seen
    .replace(JWT, '[jwt]')
    .replace(CREDENTIALS, '$1 [credentials]')
    .replace(NAMED, '$1$2[secret]')
    .replace(EMAIL, '[email]')
    .replace(MARKED, '[secret]')
    .replace(MAC, '[mac]')
    .replace(IPV6, '[ip]')
    .replace(IPV4, '[ip]')
    .replace(IBAN, '[iban]')
    .replace(SECRET, found => UUID.test(found) ? found : '[secret]')
    .replace(CARD, found => luhn(found) ? '[card]' : found)
    .replace(PHONE, phone)
}

/** A date, a plain amount or a short number is no telephone number; grouped digits, and nine or more in a row, may be. */
function phone (found: string): string {
  const digits = found.replace(/\D/g, '').length
  const grouped = /[ ()/-]|\..*\./.test(found) || found.startsWith('+') || found.startsWith('00')
  if (DATE.test(found) || digits > 15 || (!grouped && (digits < 9 || found.includes('.')))) return found
  return '[phone]'
}

/** ISO/IEC 7812-1, annex B. */
function luhn (text: string): boolean {
  let sum = 0
  const digits = [...text.replace(/\D/g, '')].reverse()
  for (const [i, digit] of digits.entries()) {
    const value = Number(digit) * (i % 2 === 0 ? 1 : 2)
    sum += value > 9 ? value - 9 : value
  }
  return sum % 10 === 0
}
