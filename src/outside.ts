import { threadAside } from './adapters/aside.ts'
import { memoryLimiters } from './adapters/limiter/memory-limiter.ts'
import { memoryStore } from './adapters/memory-store.ts'
import type { MetricRegistry } from './adapters/metric-registry.ts'
import { opossumBreakers } from './adapters/breaker/opossum-breaker.ts'
import { processLoad } from './adapters/process-load.ts'
import { namesRedis } from './adapters/redis-options.ts'
import { redisLimiters } from './adapters/limiter/redis-limiter.ts'
import { redisStore } from './adapters/redis-store.ts'
import { ReportRegistry } from './adapters/report-registry.ts'
import { retryBudgets } from './adapters/retry-budgets.ts'
import { systemClock } from './adapters/system-clock.ts'
import { undiciOutbound } from './adapters/undici-outbound.ts'
import type { Aside } from './contract/aside.ts'
import type { Breakers } from './contract/breaker.ts'
import type { BreakerBoard } from './contract/breaker-board.ts'
import { ConfigError, type Origin } from './contract/config-error.ts'
import type { Load } from './contract/load.ts'
import type { Outbound } from './contract/outbound.ts'
import type { RateLimiters } from './contract/rate-limiter.ts'
import type { RetryBudgets } from './contract/retry-budget.ts'
import type { Log } from './contract/services.ts'
import type { Settings } from './contract/settings.ts'
import type { Store } from './contract/store.ts'
import { Identity } from './identity/identity.ts'

/** A fault of `gateway.redis` as one of the file: the store knows only its own keys. */
export const redisFault = ({ code, pointer, detail }: ConfigError, settingsOrigin: Origin | null): ConfigError =>
  new ConfigError(code, `/redis${pointer}`, detail).under(settingsOrigin ?? { file: '', pointer: '/gateway' })

/** The outside world of one gateway: who it calls on its own account, where its state lives, who vouches for callers. */
export class Outside {
  readonly outbound: Outbound
  readonly store: Store
  readonly breaker: Breakers
  readonly breakers: BreakerBoard
  readonly limiter: RateLimiters
  readonly budget: RetryBudgets
  readonly load: Load
  readonly aside: Aside
  /** What rooms publish of their work. */
  readonly reports = new ReportRegistry()
  readonly identity: Identity
  readonly #close: () => Promise<void>

  constructor ({ redis }: Settings, log: Log, metrics: MetricRegistry, inFlight: () => number) {
    const outbound = undiciOutbound()
    const server = redis && namesRedis(redis) ? redis : null
    const shared = server && redisStore(server, log)
    this.outbound = outbound
    this.store = shared ?? memoryStore(systemClock)
    const breaker = opossumBreakers({ clock: systemClock, log })
    this.breaker = breaker
    this.breakers = breaker.board
    const limiters = server && redisLimiters(server, { clock: systemClock, log, metrics: metrics.scope({}) })
    this.limiter = limiters ?? memoryLimiters(systemClock)
    this.budget = retryBudgets(systemClock)
    const load = processLoad({ inFlight })
    this.load = load
    const aside = threadAside()
    this.aside = aside
    this.identity = new Identity({ outbound, store: this.store, clock: systemClock, log, metrics: labels => metrics.scope(labels) })
    this.#close = async () => {
      this.identity.close()
      load.close()
      await Promise.all([outbound.close(), shared?.close(), limiters?.close(), aside.close()])
    }
  }

  async close (): Promise<void> {
    await this.#close()
  }
}
