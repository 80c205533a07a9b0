/** A request as an access log has it. */
export interface Recorded {
  readonly method: string
  /** Null where the log does not say. */
  readonly host: string | null
  readonly path: string
  /** Without `?`; null where the log does not say whether there was one. */
  readonly query: string | null
}

/** What a line is: a request, something else that a log may hold, or nothing that is understood. */
export type AccessLine = Recorded | 'other' | 'unreadable'

/** Common and Combined Log Format; nginx, Apache and Traefik write it, some with more behind it. No two parts of it can take the same text, so that no line is read twice. */
const COMMON = /^[^\s"]+ [^\s"]+ [^"[\]]{1,256}\[[^"[\]]{1,64}\] "([A-Za-z-]{1,32}) ([\x21-\x7e]+)(?: HTTP\/\d(?:\.\d)?)?" \d{3}(?: |$)/
const METHOD = /^[A-Za-z-]{1,32}$/
const HOST = /^[\w.:[\]-]{1,262}$/
const PRINTABLE = /^[\x21-\x7e]+$/
const TARGET = /^(?:\/[\x21-\x7e]*|\*)$/

/** Reads a line of Gatehouse's access log (JSON with ECS names, flat or nested), or of the Common or Combined Log Format. */
export function accessLine (line: string): AccessLine {
  if (line.startsWith('{')) return jsonLine(line)
  const [, method, target] = COMMON.exec(line) ?? []
  if (method !== undefined) return request(method, null, target!)
  return line.trim() === '' || line.startsWith('#') ? 'other' : 'unreadable'
}

function jsonLine (line: string): AccessLine {
  const fields = parsed(line)
  if (fields === null) return 'unreadable'
  const [method, path, host, query] = ['http.request.method', 'url.path', 'url.domain', 'url.query'].map(name => field(fields, name))
  // The gateway logs other things to the same place
  if (method === undefined) return 'other'
  const read = request(text(method), text(host) === '' ? null : text(host), text(path))
  if (typeof read === 'string' || read.query !== '') return read
  return { ...read, query: PRINTABLE.test(text(query)) ? text(query) : null }
}

function parsed (line: string): object | null {
  try {
    return JSON.parse(line) as object
  } catch {
    return null
  }
}

const text = (value: unknown): string => typeof value === 'string' ? value : ''

/** Under its name as ECS has it, or in objects within each other. */
function field (fields: object, name: string): unknown {
  const flat = (fields as Readonly<Record<string, unknown>>)[name]
  if (flat !== undefined) return flat
  return name.split('.').reduce<unknown>((inner, part) => typeof inner === 'object' && inner !== null ? (inner as Readonly<Record<string, unknown>>)[part] : undefined, fields)
}

/** `target` in origin form, or in absolute form (RFC 9112 3.2) as proxies log it. */
function request (method: string, known: string | null, target: string): AccessLine {
  const [, authority, origin = target] = /^https?:\/\/([^/?#]+)([^#]*)$/i.exec(target) ?? []
  const host = authority ?? known
  if (!METHOD.test(method) || !TARGET.test(origin)) return 'unreadable'
  if (host !== null && !HOST.test(host)) return 'unreadable'
  const mark = origin.indexOf('?')
  return { method, host, path: mark < 0 ? origin : origin.slice(0, mark), query: mark < 0 ? '' : origin.slice(mark + 1) }
}
