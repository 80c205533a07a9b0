import type { StaticDecode } from 'typebox'
import { BREAKER_DEFAULTS, Cel, Choice, Config, HeaderValue, List, Percentage, PredicateList, Size, SettableHeaderName, Timeout, Type } from '../../../src/contract/index.ts'
import { SAMPLE, SHARE } from './choice/sample-schema.ts'
import { COMPARE } from './diff/compare-schema.ts'
import { FLAVOURS } from './flavours.ts'
import { LEDGER } from './ledger/ledger-schema.ts'
import { AfterSchema } from './live-outcome.ts'
import { StagesSchema } from './stages/stages-schema.ts'
import { TIMING } from './timing/timing-schema.ts'

/** Safe in the sense of RFC 9110 9.2.1: they ask for nothing to be done. */
export const SAFE_METHODS = ['GET', 'HEAD', 'OPTIONS'] as const

const UpstreamName = Type.String({ minLength: 1, 'x-expects': 'the name of an upstream, or an origin such as http://10.0.0.7:8080' })
const MOST_BODY = 1024 ** 2

const ToSchema = Config({
  upstream: UpstreamName,
  id: Type.Optional(Type.String({ pattern: '^[A-Za-z0-9._:-]{1,64}$', 'x-expects': 'an id of letters, digits and . _ : -', description: 'Its name in reports, metrics and the mark of copies; that of the upstream by default.' })),
  role: Choice(['candidate', 'secondary'], { default: 'candidate', description: '`candidate`: compared with the live version. `secondary`: a second copy of the live version, which tells what differs by itself.' }),
  audience: Type.Optional(Type.String({ minLength: 1, description: 'Whom passports on copies are for (`aud`); the name of the upstream by default.' })),
  timeout: Type.Optional(Timeout({ description: 'Instead of the `timeout` of all.' })),
  maxInFlight: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_000, description: 'Instead of the `maxInFlight` of all.' })),
  ...SHARE
})

/** The config of `shadow`. */
export const ShadowSchema = Config({
  to: List(Type.Union([UpstreamName, ToSchema], { 'x-expects': 'the name of an upstream, an origin, or { upstream, id, role, ... }' }), { maxItems: 16, description: 'The shadows: upstreams that get copies of requests and never answer a client.' }),
  mode: Type.Optional(List(Choice(FLAVOURS), { description: '`async` (default): copies go out when the client has its answer. `sync`: with the live call, and the answer waits for the comparison, at most `compareBudget`. The other words say what the keys below say, and are checked against them.' })),
  ...SAMPLE,
  methods: List(Choice(['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'PATCH', 'DELETE']), { default: [...SAFE_METHODS], description: 'Methods to mirror. One that is not safe (RFC 9110 9.2.1) only where every shadow is declared a `sandbox`.' }),
  match: Type.Optional(PredicateList({ description: 'Only requests for which these predicates hold. They see the path the client has asked for; `read-body` sees what was kept of the body.' })),
  when: Type.Optional(Cel({ description: 'Only requests for which this CEL expression holds; it may use `body`.' })),
  after: Type.Optional(AfterSchema),
  stages: Type.Optional(StagesSchema),
  pipeline: Type.Optional(Type.Boolean({ description: 'One shadow after the other in the order of `to`: the next is asked only if the one before answered well (no error, no 5xx).' })),
  ...TIMING,
  timeout: Timeout({ default: '2s', description: 'For one call to a shadow, to the last byte of its answer.' }),
  maxInFlight: Type.Integer({ minimum: 1, maximum: 10_000, default: 64, description: 'Calls to one shadow at one time.' }),
  body: Size({ default: '64KiB', description: 'The longest request body that is kept for the copy, at most 1MiB; a request with a longer one is not mirrored.' }),
  credentials: Choice(['strip', 'relay'], { default: 'strip', description: '`strip`: copies go without Authorization, Cookie, Idempotency-Key and the tokens that filters have got for the live upstream. `relay`: with them.' }),
  headers: Config({
    set: Type.Record(Type.String(), HeaderValue(), { default: {}, description: 'Headers of copies.' }),
    remove: Type.Array(SettableHeaderName(), { default: [], 'x-scalar': true, description: 'Headers that copies go without.' })
  }, { default: {}, description: 'What copies say otherwise than the live request.' }),
  abort: Choice(['drop', 'keep'], { default: 'drop', description: 'What becomes of the copies when the client breaks off: `drop` or `keep` them.' }),
  compareBudget: Type.Optional(Timeout({ description: 'With `mode: sync`: how long the live answer waits for the comparison at most, up to 1s. Default: 50ms.' })),
  expose: Type.Optional(Type.Boolean({ description: 'With `mode: sync`: answers say in X-Gatehouse-Shadow-Diff how the comparison went: equal, diff or late. For test environments: clients see it.' })),
  breaker: Config({
    window: Type.Integer({ minimum: 1, maximum: 10_000, default: BREAKER_DEFAULTS.window, description: 'Which calls count: so many of the last.' }),
    minimumCalls: Type.Integer({ minimum: 1, default: BREAKER_DEFAULTS.minimumCalls, description: 'Fewer never open it.' }),
    failureRate: Percentage({ default: '50%', description: 'Opens at this share of failures or more.' }),
    openFor: Timeout({ default: '10s', description: 'How long a shadow that fails is left alone.' })
  }, { default: {}, description: 'Each shadow has a circuit breaker of its own.' }),
  shed: Config({
    eventLoopDelay: Timeout({ default: '50ms', description: 'No copies while the event loop is later than this.' }),
    memory: Percentage({ default: '85%', description: 'No copies while more of the memory is in use.' })
  }, { default: {}, description: 'Copies are the first that a process under pressure does without.' }),
  compare: Type.Union([Type.Literal(false), Config({ ...COMPARE, ...LEDGER })], { default: {}, 'x-expects': 'false, or a map', description: 'How answers are compared; `false`: they are not.' })
})

/** The same, read. */
export type ShadowConfig = StaticDecode<typeof ShadowSchema>
export type CompareConfig = Exclude<ShadowConfig['compare'], false>

/** One entry of `to`, with all its keys. */
export type To = StaticDecode<typeof ToSchema>

/** The entries of `to` written out, each with an id. */
export function shadowsOf ({ to }: ShadowConfig): readonly (To & { readonly id: string })[] {
  return to.map(one => {
    const entry: To = typeof one === 'string' ? { upstream: one, role: 'candidate' } : one
    return { ...entry, id: entry.id ?? entry.upstream.replace(/^https?:\/\//, '').replace(/[^A-Za-z0-9._:-]/g, '-').slice(0, 64) }
  })
}

/** The most that may be kept of a request body. */
export const MAX_BODY = MOST_BODY
