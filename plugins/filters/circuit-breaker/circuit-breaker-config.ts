import type { StaticDecode } from 'typebox'
import { BREAKER_DEFAULTS, Choice, Config, EmptyKey, FAILING_STATUSES, FORCED_STATES, List, Percentage, RequestKeyOf, StatusRange, Timeout, Type, Url } from '../../../src/contract/index.ts'
import { FallbackSchema } from './fallback/fallback-config.ts'

/** Told apart from a number of calls. */
const While = Type.Codec(Timeout()).Decode(ms => ({ ms })).Encode(({ ms }) => ms)

/** The config of `circuit-breaker`. */
export const CircuitBreakerSchema = Config({
  name: Type.Optional(Type.String({ pattern: '^[A-Za-z0-9._:-]{1,64}$', 'x-expects': 'a name of letters, digits and . _ : -', description: 'Name behind that of the route, for operators; `circuit-breaker` by default.' })),
  by: RequestKeyOf({
    default: 'route',
    description: 'What has a breaker of its own: the `route`, each `endpoint` of its upstream, or whatever else requests are told apart by, such as `host` or an `expression`.'
  }, 'endpoint'),
  keys: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_000, description: 'How many breakers there are at most, where there is one for each key; the least lately used goes, an open one last. 1000 by default.' })),
  emptyKey: EmptyKey(['shared', 'allow'], 'one breaker `shared` by all of them, or `allow` them without one.'),
  window: Type.Union([Type.Integer({ minimum: 1, maximum: 10_000 }), While], {
    default: BREAKER_DEFAULTS.window,
    'x-expects': 'a number of calls from 1 to 10000, or a duration such as 30s',
    description: 'Which calls count: so many of the last, or those of the last while.'
  }),
  minimumCalls: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000, description: `Fewer calls than this never open it; ${BREAKER_DEFAULTS.minimumCalls} by default.` })),
  failureRate: Percentage({ default: '50%', description: 'Opens at this share of failures or more.' }),
  slowCall: Type.Optional(Timeout({ description: 'A call is slow whose answer begins later than this.' })),
  slowRate: Type.Optional(Percentage({ description: 'Opens at this share of slow calls or more; 100% by default.' })),
  openFor: Timeout({ default: '5s', description: 'How long it stays open before calls may try.' }),
  maxOpenFor: Type.Optional(Timeout({ description: 'Each time that trials fail it stays open twice as long as before, up to this; always `openFor` by default.' })),
  halfOpenCalls: Type.Integer({ minimum: 1, maximum: 1000, default: BREAKER_DEFAULTS.halfOpenCalls, description: 'How many calls may try; it decides when they have ended.' }),
  maxHalfOpen: Type.Optional(Timeout({ description: 'Trials that hang or do not come for so long open it again; `openFor` by default.' })),
  statuses: List(StatusRange(400), { default: [...FAILING_STATUSES], description: 'Answers that are failures: `503`, `500-504`, `5xx`.' }),
  state: Choice(['auto', ...FORCED_STATES], { default: 'auto', description: '`forced-open` lets nothing through, `disabled` everything and counts nothing, `metrics-only` counts and never opens.' }),
  fallback: Type.Optional(FallbackSchema),
  webhook: Type.Optional(Url({ description: 'Is sent each change of state, as JSON by POST.' }))
})

/** The same, read. */
export type CircuitBreakerConfig = StaticDecode<typeof CircuitBreakerSchema>
