import { Choice, Config, ConfigError, defineFilter, List, Percentage, TimeLimits, Timeout, Type, type Exchange } from '../../../src/contract/index.ts'
import { Hedges } from './hedges.ts'
import { LatencyQuantile } from './latency-quantile.ts'

const QUANTILE = '^p[1-9][0-9](\\.[0-9]{1,2})?$'
const SAMPLES = 100

export default defineFilter({
  name: 'hedge',
  config: Config({
    after: Type.Union([Type.String({ pattern: QUANTILE }), Timeout()], {
      default: 'p95',
      'x-expects': 'a quantile such as p95, or a duration such as 50ms',
      description: 'When no answer has come after this, a second call is made: a quantile of the times that recent calls of the route took to the head of their answer, or a duration.'
    }),
    min: Type.Optional(Timeout({ description: 'Never earlier than this, whatever the quantile says.' })),
    max: Type.Optional(Timeout({ description: 'Never later than this, whatever the quantile says.' })),
    samples: Type.Optional(Type.Integer({ minimum: 10, maximum: 100_000, description: 'As long as fewer calls are known, no second call is made. Default: 100.' })),
    attempts: Type.Integer({ minimum: 2, maximum: 4, default: 2, description: 'Calls in all, the first one included; each further one after the same time again.' }),
    methods: List(Choice(['GET', 'HEAD', 'OPTIONS', 'TRACE']), { default: ['GET', 'HEAD', 'OPTIONS'], description: 'Methods to do this for: only safe ones (RFC 9110 9.2.1), and only requests without a body.' }),
    budget: Config({
      share: Percentage({ default: '10%', description: 'Of the requests to an upstream, in flight and of the last ten seconds: at most so many further calls.' }),
      min: Type.Integer({ minimum: 0, maximum: 1000, default: 3, description: 'So many are allowed in any case.' })
    }, { default: {}, description: 'How much of the load of an upstream may be further calls, over all routes to it. Counted apart from retries, so that one cannot use up what the other needs.' })
  }),
  shorthand: 'after',

  create: ({ after, min, max, samples, attempts, methods, budget }, { upstreams, services }) => {
    if (typeof after === 'number') checkEffects({ min, max, samples })
    checkBounds(min, max)
    const limits = new TimeLimits(services.clock)
    const hedges = new Hedges({
      ...budget,
      attempts,
      limits,
      quantile: typeof after === 'number' ? null : new LatencyQuantile(Number(after.slice(1)) / 100, samples ?? SAMPLES),
      fixedMs: Number(after) || 0,
      minMs: min ?? 1,
      maxMs: max ?? Infinity,
      upstream: upstreams[0] ?? ''
    }, services)
    const known: ReadonlySet<string> = new Set(methods)
    const eligible = (x: Exchange) => known.has(x.method) && !x.body.present && x.upgrade === null
    return {
      dispatch: next => x => eligible(x) ? hedges.call(x, next) : next(x),
      close: () => { limits.close() }
    }
  }
})

function checkEffects (keys: Readonly<Record<string, number | undefined>>): void {
  for (const [key, value] of Object.entries(keys)) if (value !== undefined) throw new ConfigError('GW_CONFIG_NO_EFFECT', `/${key}`, 'only a quantile of `after` is measured')
}

function checkBounds (min = 0, max = Infinity): void {
  if (max < min) throw new ConfigError('GW_CONFIG_INVALID', '/max', 'expected no less than `min`')
}
