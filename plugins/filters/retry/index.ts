import { Choice, Config, ConfigError, defineFilter, Duration, FAILING_STATUSES, HeaderName, List, Percentage, Size, StatusRange, TimeLimits, Timeout, Type, type Exchange } from '../../../src/contract/index.ts'
import { backoff } from './backoff.ts'
import { EXCEPTIONS, Retriable } from './retriable.ts'
import { Retries } from './retries.ts'
import { springRetry } from './spring-retry.ts'

const Method = Type.String({ pattern: "^[!#$%&'*+\\-.^_`|~0-9A-Z]+$", 'x-expects': 'a method in upper case, such as GET' })

export default defineFilter({
  name: 'retry',
  config: Config({
    attempts: Type.Integer({ minimum: 2, maximum: 20, default: 3, description: 'Tries in all, the first one included.' }),
    statuses: Type.Array(StatusRange(200), { default: [...FAILING_STATUSES], 'x-scalar': true, description: 'Answers of the upstream to try again after: `503`, `500-504`, `5xx`.' }),
    exceptions: Type.Array(Choice(EXCEPTIONS), {
      default: ['connect', 'tls', 'reset', 'timeout'], 'x-scalar': true, description: 'What else to try again after: no connection, no trusted one, a connection lost, an answer that does not come in time; also `protocol` and `overloaded`.'
    }),
    methods: List(Method, { default: ['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'TRACE'], description: 'Methods that may be tried again. By default the idempotent ones (RFC 9110 9.2.2).' }),
    keyHeader: Type.Union([HeaderName(), Type.Literal(false)], {
      default: 'Idempotency-Key', 'x-expects': 'a header name, or false', description: 'A request with this header may be tried again whatever its method; `false` for none.'
    }),
    backoff: Config({
      first: Duration({ default: '50ms', description: 'Before the second try.' }),
      factor: Type.Number({ minimum: 1, maximum: 10, default: 2, description: 'Each further wait is so many times the one before.' }),
      max: Duration({ default: '1s', description: 'The longest wait; an upstream that asks for more (`Retry-After`) is not asked again.' }),
      jitter: Type.Union([Choice(['full', 'none']), Percentage()], {
        default: 'full', 'x-expects': 'full, none or a percentage such as 50%', description: 'What chance does with a wait: anything from nothing to all of it, nothing, or so much more or less.'
      })
    }, { default: {}, description: 'How long to wait before a further try.' }),
    perTry: Type.Optional(Timeout({ description: 'How long one try may take, to the head of its answer.' })),
    within: Type.Optional(Timeout({ description: 'No further try begins later than this after the first.' })),
    budget: Config({
      share: Percentage({ default: '20%', description: 'Of the requests to an upstream, in flight and of the last ten seconds: at most so many further tries.' }),
      min: Type.Integer({ minimum: 0, maximum: 1000, default: 3, description: 'So many are allowed in any case.' })
    }, { default: {}, description: 'How much of the load of an upstream may be further tries, over all routes to it.' }),
    body: Size({ default: '64KiB', description: 'The most of a request body that is held, to be sent once more; a request with a larger one is tried once.' }),
    answer: Size({ default: '16KiB', description: 'An answer with a declared length up to this is waited for as a whole, so that one that breaks off is tried again. `0B`: every answer is passed on at its head.' })
  }),
  shorthand: 'attempts',
  spring: springRetry,

  create: (config, { upstreams, services }) => {
    const { attempts, statuses, exceptions, methods, keyHeader, budget, perTry = null, within = Infinity, body, answer } = config
    if (statuses.length + exceptions.length === 0) throw new ConfigError('GW_CONFIG_NO_EFFECT', '/statuses', 'neither an answer nor an exception is tried again')
    if (config.backoff.max < config.backoff.first) throw new ConfigError('GW_CONFIG_INVALID', '/backoff/max', 'expected no less than `first`')
    const limits = new TimeLimits(services.clock)
    const retries = new Retries({
      ...budget,
      attempts,
      retriable: new Retriable(statuses, exceptions),
      waitMs: backoff(config.backoff, services.random),
      longestMs: config.backoff.max,
      withinMs: within,
      perTry: perTry === null ? null : { limits, ms: perTry },
      bodyBytes: body,
      answerBytes: answer,
      upstream: upstreams[0] ?? ''
    }, services)
    const eligible = eligibility(methods, keyHeader)
    return {
      dispatch: next => x => eligible(x) ? retries.call(x, next) : next(x),
      close: () => { limits.close() }
    }
  }
})

function eligibility (methods: readonly string[], keyHeader: string | false): (x: Exchange) => boolean {
  const known = new Set(methods)
  const header = keyHeader === false ? null : keyHeader.toLowerCase()
  return x => x.upgrade === null && (known.has(x.method) || (header !== null && Boolean(x.headers.first(header))))
}
