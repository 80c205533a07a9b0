import { ConfigError } from '../../../src/contract/index.ts'

const ESCAPE_OR_ODD = /%[0-9A-F]{2}|[^\w\-.~!$&'()*+,;=:@/]/giu
const UNRESERVED = /[\w\-.~]/
// eslint-disable-next-line no-control-regex -- control characters are what it looks for
const NEVER_RAW = /[\x00-\x1f\x7f\\#?]/
const NEVER_ENCODED = /%(?:[01][0-9A-F]|7F|5C|25(?:2e|2f|5c|00))/i

/**
 * The text of a pattern as it stands in a canonical path (RFC 3986 6.2.2): what no URI has plain is percent-encoded, escapes
 * are upper case, unreserved characters plain. ConfigError at `pointer` for text that no canonical path can hold.
 */
export function literalText (text: string, pointer: string): string {
  if (NEVER_RAW.test(text)) {
    throw new ConfigError('GW_CONFIG_INVALID', pointer, 'no path holds a control character, "\\", "#" or "?": write %23 or %3F for the last two')
  }
  if (/%(?![0-9A-F]{2})/i.test(text)) throw new ConfigError('GW_CONFIG_INVALID', pointer, '"%" begins an escape such as %2C: write %25 for the character')
  const canonical = encode(text)
  if (canonical === null || NEVER_ENCODED.test(canonical)) {
    throw new ConfigError('GW_CONFIG_INVALID', pointer, 'no request gets in with this: not UTF-8, or an escape for a control character, for "\\" or encoded twice')
  }
  return canonical
}

/** A segment that is `.` or `..`, or that some server reads so: the guard resolves or refuses all of them. */
export function isDotSegment (segment: string): boolean {
  return segment.split('%2F').some(part => /^\.\.?(?:;|$)/.test(part))
}

/** The characters of a segment of a canonical path, as a person would read them. */
export function decoded (segment: string): string {
  return segment.includes('%') ? decodeURIComponent(segment) : segment
}

/** Null where the escapes are not UTF-8, or a surrogate has no partner. */
function encode (text: string): string | null {
  try {
    const encoded = text.replace(ESCAPE_OR_ODD, found => found[0] === '%' ? escape(found) : encodeURIComponent(found))
    decodeURIComponent(encoded)
    return encoded
  } catch {
    return null
  }
}

function escape (written: string): string {
  const character = String.fromCharCode(parseInt(written.slice(1), 16))
  return UNRESERVED.test(character) ? character : written.toUpperCase()
}
