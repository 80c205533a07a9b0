import { ConfigError, springFlag, springNumber, type SpringForm } from '../../../src/contract/index.ts'

type SpringArgs = Readonly<Record<string, string | string[]>>

/** Spring's RequestRateLimiter with its RedisRateLimiter. It has no shortcut: the resolver is a bean, and the rest has dots in its names. */
export const springRateLimiter: SpringForm = { name: 'RequestRateLimiter', args: [], toConfig: fromSpring }

function fromSpring (args: SpringArgs): unknown {
  const { keyResolver, rateLimiter, denyEmptyKey, emptyKeyStatus, statusCode, throwOnLimit } = args
  only(keyResolver, /^#\{@principalNameKeyResolver\}$/, 'keyResolver', 'it names a bean: say in a native file what it counts by (`rate-limit` with `by`)')
  only(rateLimiter, /^#\{@redisRateLimiter\}$/, 'rateLimiter', 'it names a bean: there is one rate limiter here')
  only(statusCode, /^(429|TOO_MANY_REQUESTS)$/i, 'statusCode', 'who is over the limit gets 429 (RFC 6585 4)')
  only(emptyKeyStatus, /^(40[13]|FORBIDDEN|UNAUTHORIZED)$/i, 'emptyKeyStatus', 'who has no key gets 401 where a credential would help, else 403')
  only(throwOnLimit, /^false$/i, 'throwOnLimit', 'there are no exceptions to handle: the answer is 429')
  only(denyEmptyKey, /^(true|false)$/i, 'denyEmptyKey', 'expected true or false')
  const rate = args['redisRateLimiter.replenishRate']
  const burst = args['redisRateLimiter.burstCapacity']
  const cost = args['redisRateLimiter.requestedTokens']
  return {
    rate: rate === undefined ? undefined : `${String(rate)}/s`,
    burst: springNumber(burst),
    cost: springNumber(cost),
    emptyKey: springFlag(denyEmptyKey) === false ? 'allow' : undefined,
    headers: 'spring'
  }
}

/** Throws where an argument says what no config can say. */
function only (value: string | string[] | undefined, allowed: RegExp, name: string, why: string): void {
  if (value !== undefined && !allowed.test(String(value).replace(/\s/g, ''))) throw new ConfigError('GW_CONFIG_NO_EQUIVALENT', `/${name}`, `${name} "${String(value)}" has no equivalent: ${why}`)
}
