import type { HeaderList } from './header-list.ts'
import { parseQuery } from './query-string.ts'

/** Makes of a whole body what an expression can ask about. Throws where the body is not what its type says. */
export type ParseBody = (bytes: Uint8Array) => unknown
type Parse = (text: string) => unknown

const MAX_DEPTH = 64
const JSON_TYPE = /^(?:application\/json|[^\s/,]+\/[^\s/,]+\+json)$/
const JSON_STRING = /"[^"\\]*(?:\\.[^"\\]*)*"/g
const CHARSETS: ReadonlySet<string> = new Set(['utf-8', 'utf8', 'us-ascii'])
const utf8 = new TextDecoder('utf-8', { fatal: true })

/** How a body with these headers is read: JSON, form or text. Null where it is of no type that is read, or where its type could be understood in more than one way. */
export function bodyParser (headers: HeaderList): ParseBody | null {
  const parse = parserFor(headers)
  return parse === null ? null : bytes => parse(utf8.decode(bytes))
}

function parserFor (headers: HeaderList): Parse | null {
  const lines = headers.all('content-type')
  if (lines.length !== 1 || (headers.get('content-encoding') ?? 'identity').toLowerCase() !== 'identity') return null
  const [type = '', ...parameters] = lines[0]!.toLowerCase().split(';').map(part => part.trim())
  if (!parameters.every(isReadable)) return null
  if (JSON_TYPE.test(type)) return parseJson
  if (type === 'application/x-www-form-urlencoded') return parseForm
  return /^text\/[^\s/,]+$/.test(type) ? text => text : null
}

/** Only UTF-8 is read, and ASCII, which is part of it. */
function isReadable (parameter: string): boolean {
  const [name = '', value = ''] = parameter.split('=')
  return name.trim() !== 'charset' || CHARSETS.has(value.replaceAll('"', '').trim())
}

/**
 * Objects become maps, in which no name means more than its value (`constructor`, `__proto__`). A name twice in one object is
 * refused: upstream could take the other value (RFC 8259 4). Outside of strings there is one colon for each member written.
 */
function parseJson (text: string): unknown {
  let members = 0
  const convert = (value: unknown, depth: number): unknown => {
    if (typeof value !== 'object' || value === null) return value
    if (depth === MAX_DEPTH) throw new RangeError('nested too deep')
    if (Array.isArray(value)) return value.map(item => convert(item, depth + 1))
    const entries = Object.entries(value)
    members += entries.length
    return new Map(entries.map(([name, item]) => [name, convert(item, depth + 1)]))
  }
  const value = convert(JSON.parse(text), 0)
  if (text.replace(JSON_STRING, '').split(':').length - 1 !== members) throw new SyntaxError('a name is repeated')
  return value
}

/** A field that comes several times is the list of its values. */
function parseForm (text: string): unknown {
  // Throws on escapes that are broken or not UTF-8, which parseQuery would leave as they are.
  decodeURIComponent(text)
  const fields = Map.groupBy(parseQuery(text), field => field.name)
  return new Map([...fields].map(([name, all]) => [name, all.length === 1 ? all[0]!.value : all.map(field => field.value)]))
}
