/** One parameter as sent: `name` and `value` decoded, `raw` the text between the ampersands. */
export interface Parameter { readonly name: string, readonly value: string, readonly raw: string }

/** Parameters of a query string in order (WHATWG URL 5.1: `+` is a space, broken escapes stay as they are, what is not UTF-8 becomes U+FFFD). */
export function parseQuery (query: string): Parameter[] {
  if (query === '') return []
  return query.split('&').filter(raw => raw !== '').map(raw => {
    const at = raw.indexOf('=')
    return at < 0
      ? { name: decode(raw), value: '', raw }
      : { name: decode(raw.slice(0, at)), value: decode(raw.slice(at + 1)), raw }
  })
}

/** All values of one parameter, decoded; empty where it is absent. */
export function queryValues (query: string, name: string): string[] {
  return parseQuery(query).filter(parameter => parameter.name === name).map(parameter => parameter.value)
}

/** Puts parameters back together; what was not changed stays as it was sent. */
export function joinQuery (parameters: readonly Pick<Parameter, 'raw'>[]): string {
  return parameters.map(parameter => parameter.raw).join('&')
}

/** A new parameter, encoded so that it can only be one (RFC 3986 3.4). */
export function parameter (name: string, value: string): Parameter {
  return { name, value, raw: `${encode(name)}=${encode(value)}` }
}

/** encodeURIComponent throws on half a surrogate pair. */
const encode = (text: string): string => encodeURIComponent(text.toWellFormed())

function decode (text: string): string {
  const spaced = text.includes('+') ? text.replaceAll('+', ' ') : text
  if (!spaced.includes('%')) return spaced
  try {
    return decodeURIComponent(spaced)
  } catch {
    return decodeLeniently(spaced)
  }
}

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true })

/** WHATWG URL 1.3: each escape that is one becomes its byte, all bytes together text. */
function decodeLeniently (text: string): string {
  const bytes = text.toWellFormed().split(/(%[0-9A-Fa-f]{2})/).map((part, i) =>
    i % 2 === 1 ? Buffer.from([parseInt(part.slice(1), 16)]) : Buffer.from(part))
  return utf8.decode(Buffer.concat(bytes))
}
