/** Printable ASCII without what URL parsers read in two ways: backslashes, and user information. */
const HTTP_URI = /^https?:\/\/[^/?#@\\]+(?:[/?#][\x21-\x5b\x5d-\x7e]*)?$/i
const UNRESERVED = /[\w\-.~]/

/**
 * A URI in the one form in which two that mean the same are the same (RFC 3986 6.2.2, 6.2.3), without query and fragment
 * (RFC 9449 4.3); the path as the guard has it. Null where it is no http(s) URI.
 */
export function targetUri (uri: string): string | null {
  if (!HTTP_URI.test(uri) || !URL.canParse(uri)) return null
  const { origin, pathname } = new URL(uri)
  return origin + normalPath(pathname)
}

/** Unreserved characters decoded, other escapes in upper case, characters no URI has encoded, empty segments merged. */
function normalPath (path: string): string {
  return path.replace(/%([0-9A-Fa-f]{2})/g, (whole, hex: string) => {
    const character = String.fromCharCode(parseInt(hex, 16))
    return character < '\x80' && UNRESERVED.test(character) ? character : whole.toUpperCase()
  }).replace(/["<>[\]^`{|}]/g, encodeURIComponent).replace(/\/{2,}/g, '/')
}
