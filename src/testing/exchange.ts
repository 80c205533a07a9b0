import { Readable } from 'node:stream'
import type { Client } from '../contract/client.ts'
import { capture, Exchange } from '../contract/exchange.ts'
import { HeaderList } from '../contract/header-list.ts'
import type { OpenSession } from '../contract/session.ts'
import type { Principal } from '../contract/principal.ts'
import { HeldBudget } from '../http/held-budget.ts'
import { RequestBody } from '../http/request-body.ts'

/** A request as a test writes it; everything has a default. */
export interface TestRequest {
  method?: string
  /** Path and query. */
  target?: string
  host?: string
  scheme?: 'http' | 'https'
  headers?: Readonly<Record<string, string | readonly string[]>>
  /** Text or bytes; a list is sent piece by piece without a declared length. */
  body?: string | Uint8Array | readonly string[]
  client?: Partial<Client>
  /** Captured variables, as the predicates of the route would have set them: still percent-encoded. */
  params?: Readonly<Record<string, string>>
  /** Who is calling, as a filter before has found. */
  principal?: Principal
  session?: OpenSession
  /** The gateway's own cookies. */
  ownCookies?: Readonly<Record<string, string>>
}

const CLIENT: Client = { address: '192.0.2.1', peer: '192.0.2.1', port: 40000, trusted: false, tls: false, certificate: null }
const DEFAULTS = { method: 'GET', target: '/', host: 'gateway.test', scheme: 'http', headers: {}, client: {} } as const

/** An exchange as the guard would hand it to the table. */
export function exchange (request: TestRequest = {}): Exchange {
  const { method, target, host, scheme, headers, client } = { ...DEFAULTS, ...request }
  const [path = '/', query = ''] = target.split(/\?(.*)/s)
  const x: Exchange = new Exchange({
    id: 'test-request',
    method,
    path,
    query,
    scheme,
    authority: host,
    host: host.replace(/:\d+$/, '').toLowerCase(),
    headers: HeaderList.from(headers),
    client: { ...CLIENT, ...client },
    ownCookies: request.ownCookies ? new Map(Object.entries(request.ownCookies)) : null
  }, testBody(request.body, error => { x.abort(error) }), 0)
  if (request.params) capture(x, request.params)
  x.principal = request.principal ?? null
  x.session = request.session ?? null
  return x
}

function testBody (body: TestRequest['body'], onFault: (error: Error) => void): RequestBody {
  const pieces = body === undefined ? null : Array.isArray(body) ? body : [body as string | Uint8Array]
  return new RequestBody({
    source: pieces && Readable.from(pieces.map(piece => Buffer.from(piece)), { objectMode: false }),
    length: pieces === null || Array.isArray(body) ? null : Buffer.byteLength(body as string | Uint8Array),
    budget: new HeldBudget(2 ** 28),
    idleMs: 0,
    onFault
  })
}
