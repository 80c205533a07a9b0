import { hash } from 'node:crypto'
import { ConfigError, defineFilter } from '../../../src/contract/index.ts'
import { fieldsOf } from './fields.ts'
import { limitsOf, type Limit } from './limits-of.ts'
import { RateLimitPhases } from './rate-limit-phases.ts'
import { RateLimitSchema, type RateLimitConfig } from './schema.ts'
import { springRateLimiter } from './spring-rate-limiter.ts'

export default defineFilter({
  name: 'rate-limit',
  refuses: ['GW_RATE_LIMITED', 'GW_RATE_LIMIT_UNAVAILABLE', 'GW_UNAUTHENTICATED', 'GW_FORBIDDEN'],
  shorthand: 'limits',
  config: RateLimitSchema,
  spring: springRateLimiter,

  create: (config: RateLimitConfig, { routeId, services }) => {
    const limits = limitsOf(config, services.expressions)
    if (config.shared !== undefined && limits.every(({ isPerRoute }) => isPerRoute)) throw new ConfigError('GW_CONFIG_NO_EFFECT', '/shared', 'what is counted by route is never that of another route')
    const limiter = services.limiter(scopeOf(config.shared, routeId, limits), limits.map(({ policy }) => policy))
    return new RateLimitPhases({ limits, limiter, fields: fieldsOf(config.headers, limits), routeId, metrics: services.metrics })
  }
})

/** The same in every gateway, and wherever in its route the use stands. What is in a bucket stays over a reload as long as its limits do. */
function scopeOf (shared: string | undefined, routeId: string, limits: readonly Limit[]): string {
  const which = hash('sha256', JSON.stringify(limits.map(({ identity }) => identity)), 'base64url').slice(0, 22)
  return shared === undefined ? `route ${routeId} ${which}` : `shared ${shared} ${which}`
}
