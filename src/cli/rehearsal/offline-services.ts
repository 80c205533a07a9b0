import { celExpressions } from '../../adapters/cel-expressions.ts'
import { memoryLimiters } from '../../adapters/limiter/memory-limiter.ts'
import { memoryStore } from '../../adapters/memory-store.ts'
import { MetricRegistry } from '../../adapters/metric-registry.ts'
import { offlineOutbound } from '../../adapters/offline-outbound.ts'
import { opossumBreakers } from '../../adapters/breaker/opossum-breaker.ts'
import { checkRedis } from '../../adapters/redis-connection.ts'
import { namesRedis } from '../../adapters/redis-options.ts'
import { ReportRegistry } from '../../adapters/report-registry.ts'
import { retryBudgets } from '../../adapters/retry-budgets.ts'
import { AsideError, type Aside } from '../../contract/aside.ts'
import { ConfigError, ConfigErrors } from '../../contract/config-error.ts'
import type { Load } from '../../contract/load.ts'
import { IssuerSchema, type IssuerConfig } from '../../contract/issuers.ts'
import type { GatewayConfig } from '../../contract/route-file.ts'
import type { Log, Random, Services } from '../../contract/services.ts'
import { validate } from '../../contract/validate.ts'
import { Identity, type Identities } from '../../identity/identity.ts'
import { redisFault } from '../../outside.ts'
import type { Rooms } from '../../plan/compile-room.ts'
import { nestedPredicates } from '../../plan/nested-predicates.ts'
import type { MacOf } from '../../upstream/sticky.ts'
import type { OfflineClock } from './offline-clock.ts'
import { offlineDetours } from './offline-detours.ts'
import { unasked, unsigned } from './stand-ins.ts'

const SILENT: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

/** The same draw each time, so that the same request is always told the same. */
export const FIRST: Random = { next: () => 0 }

/** Nothing else goes on. */
const IDLE: Load = { eventLoopDelayMs: 0, memoryShare: 0, inFlight: 0, sample: 0 }

/** What would be worked out there is about live traffic, and here is none. */
const NOBODY_ASIDE: Aside = { run: async () => { throw new AsideError('failed', 'no other thread works in a rehearsal') } }

/** Services that touch nothing outside: keys in the files are known, issuers cannot be asked. `faults`: what is wrong in the sections behind them. */
export function offlineServices (config: GatewayConfig, clock: OfflineClock, predicates: Rooms['predicates'] = new Map()): { services: Services, macOf: MacOf, faults: readonly ConfigError[] } {
  const metrics = new MetricRegistry().scope({})
  // What it holds is shared with nobody, but rooms must hear what the gateway would tell them
  const store = { ...memoryStore(clock), shared: config.settings.redis !== undefined && namesRedis(config.settings.redis) }
  const identity = new Identity({ outbound: offlineOutbound, store, clock, log: SILENT, metrics: () => metrics })
  const { identities, faults } = sound(identity, config)
  const { issuers, keys, sessions, macs } = identities
  const breaker = opossumBreakers({ clock, log: SILENT })
  const limiter = memoryLimiters(clock)
  const budget = retryBudgets(clock)
  const services: Services = {
    clock,
    random: FIRST,
    log: SILENT,
    expressions: celExpressions,
    metrics,
    outbound: offlineOutbound,
    store,
    breaker,
    limiter,
    budget,
    load: IDLE,
    aside: NOBODY_ASIDE,
    predicates: nestedPredicates(predicates, () => ({ routeId: '', upstreams: [], services })),
    reports: new ReportRegistry().scope('', ''),
    detours: offlineDetours(config),
    issuers: unasked(issuers),
    keys: unsigned(keys),
    sessions
  }
  return { services, macOf: (ring, pointer) => macs(ring, pointer, 'sticky'), faults: [...redisFaults(config), ...faults] }
}

/** What `run` would find when it connects; here nobody does. */
function redisFaults ({ settings: { redis }, settingsOrigin }: GatewayConfig): ConfigError[] {
  try {
    if (redis && namesRedis(redis)) checkRedis(redis)
    return []
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return [redisFault(error, settingsOrigin)]
  }
}

/** Where the sections are wrong, routes are compiled with sound ones of the same names: what else is wrong shall be told too, and nothing that only follows. */
function sound (identity: Identity, config: GatewayConfig): { identities: Identities, faults: readonly ConfigError[] } {
  try {
    return { identities: identity.at(config), faults: [] }
  } catch (error) {
    if (!(error instanceof ConfigErrors)) throw error
    return { identities: identity.at(repaired(config)), faults: error.errors }
  }
}

/** Nothing is rehearsed with these: commands end where there are faults. */
function repaired (config: GatewayConfig): GatewayConfig {
  const { session } = config.settings
  const settings = session ? { ...config.settings, session: { ...session, ring: STAND_IN } } : config.settings
  const origin = { file: '', pointer: '' }
  const rings = session ? [STAND_IN, ...config.keyRings.keys()] : [...config.keyRings.keys()]
  return {
    ...config,
    settings,
    issuers: new Map([...config.issuers].map(([name, { config: { client } }]) => [name, { config: standIn(client), origin }])),
    keyRings: new Map(rings.map(name => [name, { config: { keys: 'ephemeral' }, origin }]))
  }
}

/** No name of a ring: a map in a file has no such key. */
const STAND_IN = '\0'

const standIn = (client: IssuerConfig['client']): IssuerConfig =>
  validate(IssuerSchema, { issuer: 'https://issuer.invalid', audiences: ['none'], ...client ? { client } : {} }).value as IssuerConfig
