import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { isIPv6 } from 'node:net'
import type { Networks } from '../contract/cidr.ts'
import { GatewayError } from '../contract/errors.ts'
import type { Arrival } from '../contract/arrival.ts'
import { HeaderList } from '../contract/header-list.ts'
import { canonicalPath } from '../plan/canonical-path.ts'
import { connectionOf, type Connection } from './connection.ts'
import * as rule from './field-rule.ts'
import { withoutOwnCookies } from './own-cookies.ts'
import { trustedClient, trustedScheme } from './trusted-client.ts'

/** What the guard goes by. */
export interface GuardOptions { readonly trusted: Networks, readonly hops: number, readonly headers: number, readonly targetBytes: number, readonly rules: rule.FieldRules }

/** A request that may be let in, as far as its head tells. */
export interface Admitted extends Arrival {
  /** What the path holds that only some routes take (canonical-path.ts). */
  flags: number
  /** Content-Length; null where there is none. */
  length: number | null
  chunked: boolean
  expect: string | null
  upgrade: string | null
}

/** `OPTIONS *` (RFC 9112 3.2.4) is about the gateway itself. */
export const WHOLE_SERVER = { path: '*', flags: 0, query: '' } as const
const HOST = /^(?:[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?\.?|\[([0-9a-f:.]+)\])(?::(\d{1,5}))?$/i
/** 255 octets of a name (RFC 1035 2.3.4), its last dot and a port. */
const MAX_HOST = 262
const REQUEST_ID = /^[\w\-.:+/=]{1,128}$/
const UNSAFE_QUERY = /[^\x21-\x7e]|#/
const SLASH = 47

/**
 * The one gate before routing (edge-http.md 1.2-1.3): refuses what two servers could read in two ways, leaves behind what ends at
 * this hop or only the gateway may say, and computes the canonical path. Throws GatewayError; looks at every field line once.
 */
export function guard (req: IncomingMessage, options: GuardOptions): Admitted {
  if (req.httpVersion !== '1.1' && req.httpVersion !== '1.0') throw new GatewayError('GW_HTTP_VERSION')
  const connection = connectionOf(req.socket, options.trusted)
  const fields = new Fields(connection.client.trusted, options.rules)
  fields.read(req.rawHeaders, options.headers)
  const { host, authority } = readHost(fields, req.httpVersion, connection)
  const target = req.url === '*' && req.method === 'OPTIONS' ? WHOLE_SERVER : readTarget(req, authority, connection, options.targetBytes)
  checkFraming(fields, req.httpVersion)
  const { client } = connection
  return {
    id: fields.requestId !== null && REQUEST_ID.test(fields.requestId) ? fields.requestId : randomUUID(),
    method: req.method!,
    path: target.path,
    flags: target.flags,
    query: target.query,
    scheme: client.trusted ? trustedScheme(fields.headers) ?? connection.scheme : connection.scheme,
    authority,
    host,
    headers: fields.headers,
    client: client.trusted ? trustedClient(client, fields.headers, options.trusted, options.hops) : client,
    length: fields.length,
    chunked: fields.transferEncoding !== null,
    expect: fields.expect,
    upgrade: fields.upgrade,
    ownCookies: fields.ownCookies,
    trailerSieves: options.rules.sieves
  }
}

/** What is known of a request that was refused: its connection. Its body is left where it is. */
export function refused (req: IncomingMessage, { trusted }: GuardOptions): Admitted {
  const { client, scheme } = connectionOf(req.socket, trusted)
  return {
    id: randomUUID(), method: req.method ?? '', path: '', flags: 0, query: '', scheme, authority: '', host: '', headers: new HeaderList(), client, length: null, chunked: true, expect: null, upgrade: null
  }
}

/** One pass over the field lines. */
class Fields {
  readonly headers = new HeaderList()
  readonly #trusted: boolean
  readonly #rules: rule.FieldRules
  host: string | null = null
  connection: string | null = null
  length: number | null = null
  transferEncoding: string | null = null
  requestId: string | null = null
  expect: string | null = null
  upgrade: string | null = null
  ownCookies: Map<string, string> | null = null
  #singles = 0

  constructor (trusted: boolean, rules: rule.FieldRules) {
    this.#trusted = trusted
    this.#rules = rules
  }

  read (raw: readonly string[], limit: number): void {
    if (raw.length > limit * 2) throw new GatewayError('GW_HEADERS_TOO_LARGE')
    const { flat } = this.headers
    for (let i = 0; i < raw.length; i += 2) {
      const { name, action, bit } = this.#rules.of(raw[i]!)
      if (action === rule.FORWARD) flat.push(name, raw[i + 1]!)
      else if (action === rule.SINGLE) {
        if ((this.#singles & bit) !== 0) throw new GatewayError('GW_BAD_HEADER', `${name} is repeated`)
        this.#singles |= bit
        flat.push(name, raw[i + 1]!)
      } else if (action !== rule.DROP) this.#special(action, name, raw[i + 1]!)
    }
    if (this.connection !== null && this.connection !== 'keep-alive' && this.connection !== 'close') this.#nominated(this.connection)
  }

  #special (action: number, name: string, value: string): void {
    switch (action) {
      case rule.HOST:
        if (this.host !== null) throw new GatewayError('GW_BAD_HOST')
        this.host = value
        return
      case rule.CONNECTION:
        this.connection = joined(this.connection, value)
        return
      case rule.TRUSTED_ONLY:
        if (this.#trusted) this.headers.flat.push(name, value)
        return
      case rule.REQUEST_ID:
        // Two ids are none: nobody could say which one the logs of the other servers have.
        if (this.#trusted) this.requestId = this.requestId === null ? value : ''
        return
      case rule.REFUSE:
        throw new GatewayError('GW_BAD_HEADER', 'a header name has an underscore or imitates a reserved name')
      default:
        this.#framing(action, value)
    }
  }

  #framing (action: number, value: string): void {
    if (action === rule.CONTENT_LENGTH) {
      if (this.length !== null || !/^\d{1,15}$/.test(value)) throw new GatewayError('GW_BAD_FRAMING')
      this.length = Number(value)
    } else if (action === rule.TRANSFER_ENCODING) {
      if (this.transferEncoding !== null) throw new GatewayError('GW_BAD_FRAMING')
      this.transferEncoding = value.toLowerCase()
    } else if (action === rule.EXPECT) this.expect = joined(this.expect, value)
    else if (action === rule.UPGRADE) this.upgrade = joined(this.upgrade, value)
    else if (action === rule.COOKIE) this.#cookie(value)
  }

  /** Takes the gateway's own cookies out of the line; the bytes of the others stay as they are. */
  #cookie (line: string): void {
    const rest = withoutOwnCookies(line, this.#rules.owned.cookie!, this.ownCookies ??= new Map())
    if (rest !== '') this.headers.flat.push('cookie', rest)
  }

  /** Fields the client's own Connection names end here (RFC 9110 7.6.1); ours are set after that, so none of them can be named away. */
  #nominated (connection: string): void {
    const names = new Set(connection.split(',').map(part => part.trim()))
    const { flat } = this.headers
    let kept = 0
    for (let i = 0; i < flat.length; i += 2) {
      // Not what a trusted proxy says of its client: a Connection line that came from that client all the way would unsay it (CVE-2022-31813)
      if (names.has(flat[i]!) && this.#rules.of(flat[i]!).action !== rule.TRUSTED_ONLY) continue
      flat[kept++] = flat[i]!
      flat[kept++] = flat[i + 1]!
    }
    flat.length = kept
  }
}

const joined = (before: string | null, value: string): string =>
  before === null ? value.toLowerCase() : `${before}, ${value.toLowerCase()}`

function readHost ({ host }: Fields, version: string, connection: Connection): { host: string, authority: string } {
  if (host === null) {
    if (version === '1.0') return { host: '', authority: '' }
    throw new GatewayError('GW_BAD_HOST')
  }
  if (host !== connection.authority) {
    connection.host = hostOf(host)
    connection.authority = host
  }
  return { host: connection.host, authority: host }
}

/** Lower case, without port and without the dot of the root. */
function hostOf (authority: string): string {
  const parts = authority.length > MAX_HOST || authority.includes('..') ? null : HOST.exec(authority)
  if (parts === null) throw new GatewayError('GW_BAD_HOST')
  const [, ipv6, port] = parts
  if (Number(port ?? 0) > 65535 || (ipv6 !== undefined && !isIPv6(ipv6))) throw new GatewayError('GW_BAD_HOST')
  return authority.slice(0, port === undefined ? authority.length : -port.length - 1).toLowerCase().replace(/\.$/, '')
}

/** Origin-form; absolute-form only where it says the same as Host and the connection (RFC 9112 3.2). */
function readTarget (req: IncomingMessage, authority: string, connection: Connection, maxBytes: number): { path: string, flags: number, query: string } {
  const url = req.url!
  if (url.length > maxBytes) throw new GatewayError('GW_TARGET_TOO_LONG')
  const origin = url.charCodeAt(0) === SLASH ? url : fromAbsolute(req.method!, url, authority, connection)
  if (origin === '*') return WHOLE_SERVER
  const mark = origin.indexOf('?')
  const query = mark < 0 ? '' : origin.slice(mark + 1)
  if (query !== '' && UNSAFE_QUERY.test(query)) throw new GatewayError('GW_BAD_TARGET')
  const canonical = canonicalPath(mark < 0 ? origin : origin.slice(0, mark))
  if (canonical === null) throw new GatewayError('GW_UNSAFE_PATH')
  return { path: canonical.path, flags: canonical.flags, query }
}

function fromAbsolute (method: string, url: string, authority: string, { client, scheme }: Connection): string {
  if (method === 'CONNECT') throw new GatewayError('GW_METHOD_NOT_SUPPORTED')
  const parts = /^(https?):\/\/([^/?#]+)(.*)$/i.exec(url)
  if (parts === null || parts[2]!.toLowerCase() !== authority.toLowerCase()) throw new GatewayError('GW_BAD_TARGET')
  if (parts[1]!.toLowerCase() !== scheme && !client.trusted) throw new GatewayError('GW_BAD_TARGET')
  // RFC 9112 3.2.4: asked about an authority, not about a path of it.
  if (parts[3] === '' && method === 'OPTIONS') return '*'
  return parts[3]!.startsWith('/') ? parts[3]! : `/${parts[3]!}`
}

function checkFraming ({ transferEncoding, length }: Fields, version: string): void {
  if (transferEncoding === null) return
  if (version === '1.0' || length !== null || transferEncoding !== 'chunked') throw new GatewayError('GW_BAD_FRAMING')
}
