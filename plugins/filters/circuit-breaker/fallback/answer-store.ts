import { hash } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { HeaderList, type Clock, type Exchange, type Reply } from '../../../../src/contract/index.ts'
import type { CachedConfig } from './fallback-config.ts'
import type { StandIn } from './stand-in.ts'
import { initialAge, isStorable, usableAge } from './storable.ts'

/** Which request fields tell apart the answers of one target (RFC 9111 4.1). Another rule takes its place where they change, or the target has. */
interface Vary { readonly names: readonly string[], readonly id: number }

interface Answer {
  readonly status: number
  readonly headers: readonly string[]
  readonly body: string | Uint8Array | null
  /** When it came, on the monotonic clock, and how old it was then. */
  readonly sinceMs: number
  readonly initialAgeMs: number
  /** Up to which age it may be used. */
  readonly usableAgeMs: number
}

const SAFE = ['GET', 'HEAD', 'OPTIONS', 'TRACE']
/** What an answer takes beside its texts. */
const OVERHEAD = 500

/** The last good answers of a route, as far as RFC 9111 lets a cache that many share keep them. */
export class AnswerStore implements StandIn {
  readonly kind = 'cached'
  readonly #config: CachedConfig
  readonly #clock: Clock
  readonly #rules: LRUCache<string, Vary>
  readonly #answers: LRUCache<string, Answer>
  #lastId = 0

  constructor (config: CachedConfig, clock: Clock) {
    this.#config = config
    this.#clock = clock
    this.#rules = new LRUCache({ max: config.entries })
    this.#answers = new LRUCache({ max: config.entries, maxSize: config.bytes, sizeCalculation: sizeOf })
  }

  get size (): number { return this.#answers.size }

  /** The answer to the same request, with its age (RFC 9111 5.1); null where there is none that may be used. */
  answer (x: Exchange): Reply | null {
    if (!isReading(x)) return null
    const rule = this.#rules.get(targetOf(x, x.method))
    const found = rule && this.#answers.get(answerKey(rule, x))
    if (!found) return null
    const residentMs = this.#clock.monotonic() - found.sinceMs
    const ageMs = found.initialAgeMs + residentMs
    if (residentMs > this.#config.maxAge || ageMs > found.usableAgeMs) return null
    const headers = new HeaderList([...found.headers])
    headers.set('age', String(Math.floor(ageMs / 1000)))
    return { status: found.status, headers, body: found.body, code: null, trailers: null }
  }

  /** Keeps it if it may. Rejects where its body breaks off. */
  async keep (x: Exchange, reply: Reply): Promise<void> {
    if (!SAFE.includes(x.method)) return this.#outdate(x, reply)
    if (!isReading(x) || !isStorable(x, reply)) return
    const names = varyOf(reply.headers)
    const body = names === null ? undefined : await this.#bodyOf(reply)
    if (body === undefined) return
    const target = targetOf(x, x.method)
    this.#answers.set(answerKey(this.#rule(target, names!), x), this.#made(reply, body))
  }

  /** What has changed the target makes its answers old (RFC 9111 4.4). */
  #outdate (x: Exchange, { code, status }: Reply): void {
    if (code !== null || status >= 400) return
    this.#rules.delete(targetOf(x, 'GET'))
    this.#rules.delete(targetOf(x, 'HEAD'))
  }

  #rule (target: string, names: readonly string[]): Vary {
    const known = this.#rules.get(target)
    if (known && known.names.length === names.length && known.names.every((name, i) => name === names[i])) return known
    const rule = { names, id: ++this.#lastId }
    this.#rules.set(target, rule)
    return rule
  }

  #made ({ status, headers }: Reply, body: string | Uint8Array | null): Answer {
    const now = this.#clock.now()
    const dated = headers.has('date') ? headers.flat.slice() : [...headers.flat, 'date', new Date(now).toUTCString()]
    return { status, headers: dated, body, sinceMs: this.#clock.monotonic(), initialAgeMs: initialAge(headers, now), usableAgeMs: usableAge(headers) }
  }

  /** Undefined where it is too large, or it cannot be told how large it will be: the client would wait for the end of it. */
  async #bodyOf ({ body, headers }: Reply): Promise<string | Uint8Array | null | undefined> {
    const { bodyBytes } = this.#config
    if (body === null) return null
    if (typeof body === 'string' || !('hold' in body)) return Buffer.byteLength(body) <= bodyBytes ? body : undefined
    if (!body.ended && !(Number(headers.first('content-length') ?? NaN) <= bodyBytes)) return undefined
    return await body.hold(bodyBytes) ?? undefined
  }
}

const isReading = ({ method, upgrade }: Exchange): boolean => (method === 'GET' || method === 'HEAD') && upgrade === null

/**
 * A digest: targets are as long as clients make them. As it goes upstream: filters may have made another target of it. The port is part of it, as upstreams
 * are told it and may put it into links: whoever asks with another port must not write the links of others.
 */
function targetOf (x: Exchange, method: string): string {
  const { scheme, authority, origin, upstreamHost, path, query, client } = x
  return hash('sha256', JSON.stringify([method, scheme, authority, origin, upstreamHost, path, query, client.trusted ? forwarded(x) : null]), 'base64url')
}

/** What a trusted proxy says of the request that it got: upstreams go by it as they go by Host. */
const forwarded = ({ headers }: Exchange): unknown =>
  [...['x-forwarded-host', 'x-forwarded-proto', 'x-forwarded-port'].map(name => headers.get(name)), headers.get('forwarded')?.match(/(?:host|proto)=[^;,]*/gi)]

function answerKey ({ id, names }: Vary, { headers }: Exchange): string {
  return names.length === 0 ? String(id) : hash('sha256', JSON.stringify([id, ...names.map(name => headers.get(name) ?? null)]), 'base64url')
}

/** What each client has another of, and only upstream is told. */
const UNLIKE = ['*', 'x-forwarded-for', 'forwarded', 'x-request-id']

/** Null where no other request is the same (RFC 9110 12.5.5). */
function varyOf (headers: HeaderList): string[] | null {
  const names = (headers.get('vary') ?? '').split(',').map(name => name.trim().toLowerCase()).filter(name => name !== '')
  return UNLIKE.some(name => names.includes(name)) ? null : [...new Set(names)].sort()
}

const sizeOf = ({ headers, body }: Answer): number => headers.reduce((sum, text) => sum + text.length, OVERHEAD) + (body === null ? 0 : Buffer.byteLength(body))
