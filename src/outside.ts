import { memoryStore } from './adapters/memory-store.ts'
import type { MetricRegistry } from './adapters/metric-registry.ts'
import { opossumBreakers } from './adapters/opossum-breaker.ts'
import { redisStore } from './adapters/redis-store.ts'
import { systemClock } from './adapters/system-clock.ts'
import { undiciOutbound } from './adapters/undici-outbound.ts'
import type { Breakers } from './contract/breaker.ts'
import { ConfigError, type Origin } from './contract/config-error.ts'
import type { Outbound } from './contract/outbound.ts'
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
  readonly identity: Identity
  readonly #close: () => Promise<void>

  constructor ({ redis }: Settings, log: Log, metrics: MetricRegistry) {
    const outbound = undiciOutbound()
    const shared = redis?.url ? redisStore({ ...redis, url: redis.url }, log) : null
    this.outbound = outbound
    this.store = shared ?? memoryStore(systemClock)
    this.breaker = opossumBreakers({ clock: systemClock, log })
    this.identity = new Identity({ outbound, store: this.store, clock: systemClock, log, metrics: labels => metrics.scope(labels) })
    this.#close = async () => {
      this.identity.close()
      await Promise.all([outbound.close(), shared?.close()])
    }
  }

  async close (): Promise<void> {
    await this.#close()
  }
}
