import { AnswerCache, BREAKER_DEFAULTS, Choice, Config, Duration, escapePointer, HeaderValue, isRecord, labelledCounter, List, settableHeader, Timeout, Type, Url, type Answer, type Breaker, type Counter, type Outbound, type Place, type Principal } from '../../../src/contract/index.ts'
import type { StaticDecode } from 'typebox'
import type { Device } from './device.ts'

export const EnrichSchema = Config({
  url: Url({ description: 'Who is asked, by POST with `{ sub, iss, cid, dev }` as JSON. 200 with a JSON object: facts; 204 or 404: nothing is known.' }),
  claims: List(Type.String({ minLength: 1 }), { description: 'Members of the answer that go into `ctx` of the passport. All others are ignored.' }),
  timeout: Timeout({ default: '500ms', description: 'For the whole answer.' }),
  cache: Duration({ default: '60s', description: 'How long an answer is good for.' }),
  staleIfError: Duration({ default: '10m', description: 'How long after that it still stands in where nobody answers (RFC 5861 4).' }),
  maxEntries: Type.Integer({ minimum: 1, maximum: 1_000_000, default: 10_000, description: 'Callers that are remembered; the least lately seen goes first.' }),
  headers: Type.Record(Type.String(), HeaderValue(), { default: {}, description: 'Further headers of the question, such as Authorization.' }),
  onError: Choice(['omit', 'refuse'], { default: 'omit', description: 'Where nobody answers and nothing is remembered: a passport without `ctx`, or 503.' })
}, { description: 'Asks a service for facts about the caller, once for each of them (`ctx`).' })

type EnrichConfig = StaticDecode<typeof EnrichSchema>
export type Facts = Readonly<Record<string, unknown>>

const MAX_ANSWER_BYTES = 16 * 1024
/** Nobody asks again for this long after a failure. */
const COOLDOWN_MS = 1000
const MAX_CONCURRENT = 64

/** About the gateway, or about everybody, and not about the caller it asks about (RFC 9110 15.5, RFC 6585 4). */
const OWN_FAULTS: ReadonlySet<number> = new Set([401, 403, 405, 407, 408, 415, 429])

/** The service has something against this question: a caller who makes up devices must not open the breaker for the others. */
class Objection extends Error {}

/** What is known of callers beside their credential. */
export class Enrichment {
  readonly required: boolean
  readonly #config: EnrichConfig
  readonly #headers: Readonly<Record<string, string>>
  readonly #cache: AnswerCache<Facts | null>
  readonly #breaker: Breaker
  readonly #outbound: Outbound
  readonly #asked: (outcome: 'ok' | 'failed') => Counter

  constructor (config: EnrichConfig, { routeId, services }: Place) {
    this.required = config.onError === 'refuse'
    this.#config = config
    this.#headers = { ...checked(config.headers), 'content-type': 'application/json', accept: 'application/json' }
    this.#cache = new AnswerCache({ clock: services.clock, maxEntries: config.maxEntries, renewAhead: 0.2, cooldownMs: COOLDOWN_MS })
    this.#breaker = services.breaker({ name: `passport ${routeId} ${new URL(config.url).host}`, ...BREAKER_DEFAULTS, maxConcurrent: MAX_CONCURRENT })
    this.#outbound = services.outbound
    this.#asked = labelledCounter(services.metrics, 'gatehouse_passport_enrichments_total', 'outcome')
  }

  /** The facts, at once where they are remembered; null where there are none. Rejects where nobody can say. */
  factsFor ({ subject, issuer, client }: Principal, device: Device | null): Facts | null | Promise<Facts | null> {
    const question = JSON.stringify({ sub: subject, iss: issuer, cid: client, dev: device })
    return this.#cache.get(question, () => this.#ask(question))
  }

  async #ask (question: string): Promise<Answer<Facts | null>> {
    try {
      const value = await this.#breaker.run(() => this.#call(question))
      if (value instanceof Objection) throw value
      this.#asked('ok').add()
      return { value, freshForMs: this.#config.cache, staleForMs: this.#config.staleIfError }
    } catch (error) {
      this.#asked('failed').add()
      throw error
    }
  }

  async #call (question: string): Promise<Facts | null | Objection> {
    const { url, timeout, claims } = this.#config
    const { status, body } = await this.#outbound.ask({ url, method: 'POST', headers: this.#headers, body: question, timeoutMs: timeout, maxBytes: MAX_ANSWER_BYTES })
    if (status === 204 || status === 404) return null
    if (status >= 400 && status < 500 && !OWN_FAULTS.has(status)) return new Objection(`the enrichment service answered ${status}`)
    if (status !== 200) throw new Error(`the enrichment service answered ${status}`)
    const answer: unknown = JSON.parse(body.toString())
    if (!isRecord(answer)) throw new Error('the enrichment service answered no JSON object')
    const known = claims.filter(name => Object.hasOwn(answer, name))
    return known.length === 0 ? null : Object.fromEntries(known.map(name => [name, answer[name]]))
  }
}

const checked = (headers: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [settableHeader(name, `/enrich/headers/${escapePointer(name)}`), value]))
