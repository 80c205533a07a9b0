import { hash } from 'node:crypto'
import type { BucketPolicy, RateLimiter, RateLimiters } from '../../contract/rate-limiter.ts'
import type { Clock } from '../../contract/services.ts'
import type { RedisSettings } from '../../contract/settings.ts'
import { TableBudget } from './bounded-table.ts'
import { BucketTables } from './bucket-tables.ts'
import { microseconds } from './memory-limiter.ts'
import { unused } from './redis/claims.ts'
import { LocalDesk, SharedDesk, type Desk } from './redis/desk.ts'
import { RedisLink, type LinkOptions } from './redis/redis-link.ts'
import { SharedBuckets } from './redis/shared-buckets.ts'
import { SharedLimiter } from './redis/shared-limiter.ts'
import { Takings } from './redis/takings.ts'

/** Limiters with a connection to let go of. */
export type RedisLimiters = RateLimiters & { close(): Promise<void> }

/** Keys that something is remembered of, in all. */
const MOST_REMEMBERED = 100_000

/**
 * Token buckets in Redis, the same for all gateways that use the same, on the server's clock. Within any time W, with a burst C, a rate r, N instances and
 * leases of L = max(1, floor(C / 2N)) tokens at most, they admit together
 *
 *     exact:   C + r W
 *     leased:  C + r W + N (L - 1)
 *     local:   C + r W, or N where that is more: each goes by its share of both, of one token at least
 *
 * and `leased` refuses for N (L - 1) / r seconds at most what `exact` would admit, where gateways hold what they do not use (a lease ends after 250 ms, or 2.5 s where
 * more than half of the bucket was left when it was taken). Where
 * Redis cannot be asked within 20 ms a policy goes by its `onError`. Throws ConfigError as `connectRedis` does.
 */
export function redisLimiters (settings: RedisSettings, options: LinkOptions): RedisLimiters {
  const { clock } = options
  const link = new RedisLink(settings, options)
  const takings = new Takings(link, clock)
  const desks = new Desks(settings.prefix, clock, takings, link)
  const limiters = (scope: string, policies: readonly BucketPolicy[]): RateLimiter => new SharedLimiter(desks.open(scope, policies), clock, takings, link)
  let closing: Promise<void> | null = null
  return Object.assign(limiters, {
    close: () => {
      closing ??= close(link, takings, desks)
      return closing
    }
  })
}

/** Leases go back, those among them that are just coming. */
async function close (link: RedisLink, takings: Takings, desks: Desks): Promise<void> {
  takings.flush()
  await link.idle()
  desks.close()
  takings.flush()
  await link.idle()
  await link.close()
}

/** What several limiters share: those of the same scope and policies have the same leases. */
class Desks {
  readonly #prefix: string
  readonly #clock: Clock
  readonly #takings: Takings
  readonly #link: RedisLink
  readonly #tables = new BucketTables()
  readonly #budget = new TableBudget(MOST_REMEMBERED)
  readonly #shared = new Map<string, SharedBuckets>()

  constructor (prefix: string, clock: Clock, takings: Takings, link: RedisLink) {
    this.#prefix = prefix
    this.#clock = clock
    this.#takings = takings
    this.#link = link
  }

  open (scope: string, policies: readonly BucketPolicy[]): { readonly desks: readonly Desk[], close(): void } {
    const tag = policies.length > 1 ? hash('sha256', JSON.stringify([scope, policies.map(({ name }) => name)])).slice(0, 16) : null
    const opened = policies.map(policy => this.#open(scope, tag, policy))
    return { desks: opened.map(({ desk }) => desk), close: () => { for (const one of opened) one.close() } }
  }

  close (): void {
    for (const buckets of this.#shared.values()) this.#giveBack(buckets)
    this.#shared.clear()
  }

  #open (scope: string, tag: string | null, policy: BucketPolicy): { readonly desk: Desk, close(): void } {
    // Each process by itself, whether always or while there is no Redis
    const { table, close } = this.#tables.open(scope, policy, Math.max(1, policy.instances), microseconds(this.#clock))
    const leave = (): void => { close(microseconds(this.#clock)) }
    if (policy.mode === 'local') return { desk: new LocalDesk(policy, table), close: leave }
    const id = JSON.stringify([scope, tag, policy.name, policy.ratePerSecond, policy.burst, policy.mode, policy.instances])
    const buckets = this.#shared.get(id) ?? new SharedBuckets(policy, { prefix: this.#prefix, scope, tag }, this.#budget)
    this.#shared.set(id, buckets)
    buckets.users++
    const desk = new SharedDesk(policy, buckets, table, this.#takings, () => this.#link.isUp)
    return {
      desk,
      close: () => {
        leave()
        if (--buckets.users > 0) return
        this.#giveBack(buckets)
        this.#shared.delete(id)
      }
    }
  }

  /** Leases that nobody will use. */
  #giveBack (buckets: SharedBuckets): void {
    const nowUs = microseconds(this.#clock)
    for (const bucket of buckets.all()) {
      const left = unused(buckets, bucket, nowUs)
      if (left !== null) this.#takings.giveBack(left)
    }
    buckets.clear()
  }
}
