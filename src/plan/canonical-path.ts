/** What a path holds that only routes which say so let in (`allowPath`). */
export const ENCODED_SLASH = 1
export const SEMICOLON = 2

export interface CanonicalPath { readonly path: string, readonly flags: number }

const PLAIN = /^(?:\/[\w\-~!$&'()*+,=:@][\w\-.~!$&'()*+,=:@]*)*\/?$/
const UNRESERVED = /[\w\-.~]/
// eslint-disable-next-line no-control-regex -- control characters are what it looks for
const FORBIDDEN = /[\x00-\x20\x7f-\uffff\\#?]/
const DOUBLY_ENCODED = /%(?:25)+(?:2e|2f|5c|3b|00)/i
const DOT_SEGMENT = /^\.{1,2}$/
const HIDING = /;|%2F|%3B/
const PARAMETERS = /;|%3B/

/**
 * The one form of a path that everything behind the guard uses: unreserved characters decoded, other escapes in upper
 * case, characters no URI has encoded, empty segments merged, dot segments removed (RFC 3986 6.2.2, 5.2.4).
 * Null where it could be understood in more than one way: control or 8-bit characters, backslashes, broken or doubled
 * escapes, encoded dot segments, dot segments above the root or next to an empty segment, text that is not UTF-8.
 * `resolve: false` refuses every dot segment: for what a filter made after the route was chosen.
 */
export function canonicalPath (raw: string, resolve = true): CanonicalPath | null {
  if (PLAIN.test(raw) && raw !== '') return { path: raw, flags: 0 }
  if (raw[0] !== '/' || FORBIDDEN.test(raw) || DOUBLY_ENCODED.test(raw)) return null
  const decoded = raw.includes('%') ? decodeUnreserved(raw) : raw
  const path = decoded === null ? null : removeDots(raw, decoded, resolve)
  return path === null ? null : { path: encodeOdd(path), flags: flagsOf(path) }
}

const flagsOf = (path: string): number => (path.includes('%2F') ? ENCODED_SLASH : 0) | (PARAMETERS.test(path) ? SEMICOLON : 0)

/** Null for escapes that are broken, stand for a control character or a backslash, or are not UTF-8. */
function decodeUnreserved (raw: string): string | null {
  let bad = false
  let wide = false
  const decoded = raw.replace(/%([0-9A-Fa-f]{2})?/g, (whole, hex: string | undefined) => {
    const code = hex === undefined ? 0 : parseInt(hex, 16)
    bad ||= code < 0x20 || code === 0x7f || code === 0x5c
    wide ||= code > 0x7f
    const character = String.fromCharCode(code)
    return code < 0x80 && UNRESERVED.test(character) ? character : whole.toUpperCase()
  })
  return bad || (wide && !isUtf8(decoded)) ? null : decoded
}

function isUtf8 (escaped: string): boolean {
  try {
    decodeURIComponent(escaped)
    return true
  } catch {
    return false
  }
}

function removeDots (raw: string, decoded: string, resolve: boolean): string | null {
  const written = raw.split('/')
  const segments = decoded.split('/')
  const kept: string[] = []
  for (let i = 1; i < segments.length; i++) {
    const segment = segments[i]!
    if (hiddenDots(segment)) return null
    if (!DOT_SEGMENT.test(segment)) {
      kept.push(segment)
      continue
    }
    if (!resolve || written[i] !== segment) return null
    // `/a//../b` is /a/b to a server that keeps empty segments and /b to one that merges them first.
    if (segment === '..' && !kept.pop()) return null
  }
  return joined(kept, segments.at(-1)!)
}

/** A path that ended in a slash or a dot segment still names a folder. */
function joined (kept: readonly string[], last: string): string {
  const path = kept.filter(segment => segment !== '').join('/')
  return path !== '' && (last === '' || DOT_SEGMENT.test(last)) ? `/${path}/` : `/${path}`
}

/** `..;x` and `..%2Fx`: dot segments to a server that cuts parameters or decodes slashes. */
function hiddenDots (segment: string): boolean {
  if (!HIDING.test(segment)) return false
  return segment.split('%2F').some(part => DOT_SEGMENT.test(part.split(PARAMETERS, 1)[0]!))
}

function encodeOdd (path: string): string {
  return path.replace(/["<>[\]^`{|}]/g, character => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
}
