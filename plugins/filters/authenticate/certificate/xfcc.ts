/** One element of X-Forwarded-Client-Cert: what one proxy says of the certificate that its own client has shown. '' where it says nothing. */
export interface XfccElement {
  /** Hexadecimal SHA-256 of the certificate's DER form. */
  readonly hash: string
  /** PEM, percent-encoded. */
  readonly cert: string
  readonly subject: string
  readonly uris: readonly string[]
  readonly dnsNames: readonly string[]
}

const MAX_BYTES = 16 * 1024
const MAX_ELEMENTS = 32
/** `key=value` and what follows it; a value with `,` `;` `=` or `"` in it is quoted. */
const PAIR = /[ \t]*([A-Za-z]+)=(?:"([^"\\]*(?:\\.[^"\\]*)*)"|([^",;= \t]*))[ \t]*([,;]|$)/y
const SINGLE = ['hash', 'cert', 'chain', 'subject']

/**
 * The elements of all lines in order, the last written by the nearest proxy; null where anything is not as Envoy writes it
 * (Envoy, HTTP header manipulation, x-forwarded-client-cert), or more than 16 KiB or 32 elements. A line is read by itself: no
 * quoted value goes from one into the next.
 */
export function parseXfcc (lines: readonly string[]): readonly XfccElement[] | null {
  if (lines.reduce((bytes, line) => bytes + line.length, 0) > MAX_BYTES) return null
  const elements: XfccElement[] = []
  for (const line of lines) if (!readLine(line, elements)) return null
  return elements.length > MAX_ELEMENTS ? null : elements
}

/** Says whether all of the line could be read. */
function readLine (line: string, elements: XfccElement[]): boolean {
  let values = new Map<string, string[]>()
  PAIR.lastIndex = 0
  for (let end = ';'; end !== '';) {
    const pair = PAIR.exec(line)
    if (pair === null) return false
    const [, key = '', quoted, plain = ''] = pair
    end = pair[4]!
    if (!add(values, key.toLowerCase(), quoted === undefined ? plain : quoted.replaceAll('\\"', '"'))) return false
    if (end === ';') continue
    elements.push(element(values))
    values = new Map()
  }
  return true
}

/** What no version of the header repeats must not be: two servers may read different ones. */
function add (values: Map<string, string[]>, key: string, value: string): boolean {
  const known = values.get(key)
  if (known === undefined) values.set(key, [value])
  else if (SINGLE.includes(key)) return false
  else known.push(value)
  return true
}

function element (values: ReadonlyMap<string, readonly string[]>): XfccElement {
  const one = (key: string): string => values.get(key)?.[0] ?? ''
  const all = (key: string): string[] => (values.get(key) ?? []).filter(value => value !== '')
  return { hash: one('hash'), cert: one('cert'), subject: one('subject'), uris: all('uri'), dnsNames: all('dns') }
}
