import { Choice, Config, ConfigError, defineFilter, definePredicate, Duration, List, pattern, Percentage, Rate, Regex, Size, Type } from '../../../src/contract/index.ts'
import type { Phases } from '../../../src/contract/room.ts'
import { roomsOf } from '../../../src/plan/compile-room.ts'

const idle = (): Phases => ({ request: () => {} })
const matching = { match: () => true }

const path = definePredicate({
  name: 'path',
  config: Config({
    patterns: List(Type.String({ pattern: '^/', 'x-expects': 'a path pattern such as /orders/{id}' }), { description: 'Patterns.' }),
    trailingSlash: Type.Boolean({ default: true, description: 'Also with a slash more.' })
  }),
  shorthand: 'patterns',
  spring: {
    name: 'Path',
    args: ['...patterns'],
    toConfig: ({ patterns, matchTrailingSlash }) => ({ patterns, trailingSlash: matchTrailingSlash === undefined ? undefined : matchTrailingSlash === 'true' })
  },
  create: () => matching
})

const method = definePredicate({
  name: 'method',
  config: Config({ methods: List(Type.String({ pattern: '^[A-Z]+$', 'x-expects': 'a method such as GET' }), { description: 'Methods.' }) }),
  shorthand: 'methods',
  spring: { name: 'Method', args: ['...methods'] },
  create: () => matching
})

const header = definePredicate({
  name: 'header',
  config: Config({ name: Type.String({ description: 'Name.' }), matches: Type.Optional(Regex({ description: 'Pattern.' })) }),
  shorthand: 'name',
  spring: { name: 'Header', args: ['header', 'regexp'], toConfig: ({ header, regexp }) => ({ name: header, matches: regexp }) },
  create: ({ matches }) => {
    if (matches !== undefined) pattern(matches, '/matches')
    return matching
  }
})

const setRequestHeader = defineFilter({
  name: 'set-request-header',
  config: Config({ name: Type.String({ minLength: 1, description: 'Header.' }), value: Type.String({ description: 'Value.' }) }),
  spring: { name: 'SetRequestHeader', args: ['name', 'value'] },
  create: idle
})

const stripPrefix = defineFilter({
  name: 'strip-prefix',
  config: Config({ parts: Type.Integer({ minimum: 1, default: 1, description: 'Segments to take away.' }) }),
  shorthand: 'parts',
  spring: { name: 'StripPrefix', args: ['parts'], toConfig: ({ parts }) => ({ parts: parts === undefined ? undefined : Number(parts) }) },
  create: idle
})

const rewritePath = defineFilter({
  name: 'rewrite-path',
  config: Config({ regexp: Regex({ description: 'Pattern.' }), replacement: Type.String({ description: 'Replacement.' }) }),
  spring: { name: 'RewritePath', args: ['regexp', 'replacement'] },
  create: ({ regexp }) => {
    pattern(regexp, '/regexp')
    return idle()
  }
})

const rateLimit = defineFilter({
  name: 'rate-limit',
  config: Config({
    rate: Rate({ description: 'Requests.' }),
    burst: Type.Integer({ minimum: 1, default: 1, description: 'At once.' }),
    by: Choice(['principal', 'client', 'route'], { default: 'client', description: 'Whose.' }),
    token: Type.Optional(Type.String({ pattern: '^[a-z]+$', description: 'A secret.' }))
  }),
  shorthand: 'rate',
  refuses: ['GW_OVERLOADED'],
  create: ({ burst, rate }) => {
    if (burst < rate) throw new ConfigError('GW_CONFIG_INVALID', '/burst', 'must be at least what one second brings')
    return idle()
  }
})

const shadow = defineFilter({
  name: 'shadow',
  config: Config({
    to: List(Type.String(), { description: 'Upstreams.' }),
    sample: Percentage({ default: '100%', description: 'Share.' }),
    body: Size({ default: '64KiB', description: 'Held.' }),
    timeout: Type.Optional(Duration({ description: 'Time.' }))
  }),
  shorthand: 'to',
  create: idle
})

const secureHeaders = defineFilter({ name: 'secure-headers', config: Config({}), spring: { name: 'SecureHeaders', args: [] }, create: idle })

const retry = defineFilter({
  name: 'retry',
  config: Config({
    attempts: Type.Integer({ minimum: 1, default: 3, description: 'Calls.' }),
    statuses: Type.Optional(List(Type.Integer(), { description: 'Statuses.' })),
    backoff: Type.Optional(Config({ first: Type.Optional(Duration({ description: 'First wait.' })) }, { description: 'Waits.' }))
  }),
  spring: {
    name: 'Retry',
    args: ['retries', 'statuses', 'methods', 'backoff.firstBackoff'],
    toConfig: args => {
      const { retries, statuses } = args
      return {
        attempts: retries === undefined ? undefined : Number(retries) + 1,
        statuses: statuses === undefined ? undefined : [statuses].flat().map(Number),
        backoff: args['backoff.firstBackoff'] === undefined ? undefined : { first: args['backoff.firstBackoff'] }
      }
    }
  },
  create: idle
})

const cors = defineFilter({
  name: 'cross-origin',
  config: Config({
    origins: List(Type.String(), { description: 'Origins.' }),
    credentials: Type.Boolean({ default: false, description: 'Cookies.' })
  }),
  spring: {
    name: 'Cors',
    args: ['allowedOrigins', 'allowCredentials'],
    toConfig: ({ allowedOrigins, allowCredentials }) => ({ origins: [allowedOrigins ?? []].flat(), credentials: allowCredentials === 'true' })
  },
  create: idle
})

const sized = defineFilter({
  name: 'request-size',
  config: Config({ maxSize: Size({ default: '5MB', description: 'Bytes.' }) }),
  spring: {
    name: 'RequestSize',
    args: ['maxSize'],
    toConfig: ({ maxSize }) => {
      if (!/^\d+(B|KB|MB)$/.test(String(maxSize))) throw new ConfigError('GW_CONFIG_INVALID', '/maxSize', 'expected a DataSize such as 5MB')
      return { maxSize }
    }
  },
  create: idle
})

/** Small rooms that stand for the real ones, so that these tests do not depend on which there are. */
export const rooms = roomsOf([setRequestHeader, stripPrefix, rewritePath, rateLimit, shadow, secureHeaders, retry, cors, sized], [path, method, header])
