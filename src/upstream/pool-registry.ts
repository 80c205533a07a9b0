import type { UpstreamConfig } from '../contract/route-file.ts'
import type { Clock, Expressions, Random } from '../contract/services.ts'
import type { Address } from './address.ts'
import type { Attend, Attendant } from './attendant.ts'
import { balancersOf } from './balance/balancers-of.ts'
import type { EndpointOptions } from './endpoint.ts'
import type { EndpointRegistry } from './endpoint-registry.ts'
import { inherit } from './inherit.ts'
import type { TakenEndpoint } from './members.ts'
import { UpstreamPool } from './upstream-pool.ts'

const SPILL_BELOW = 0.7
const PANIC_BELOW = 0.5
const NO_CONFIG: UpstreamConfig = { connections: 1024, keepAlive: 4000 }

/** What every pool is made with. */
export interface PoolServices {
  readonly endpoints: EndpointRegistry
  readonly clock: Pick<Clock, 'monotonic'>
  readonly random: Random
  readonly expressions: Expressions
  readonly attend?: readonly Attend[]
  /** Configurations are only checked: nobody begins to look after pools. */
  readonly offline?: boolean
}

/** What makes a pool the pool it is; equal ones share it. */
export interface PoolKey {
  /** The name of an upstream, or an origin. */
  readonly name: string
  /** Null for an origin. */
  readonly config: UpstreamConfig | null
  readonly connectMs: number
  /** Where the gateway stands. */
  readonly zone: string | null
  /** Where the upstream is written: its own paths begin there. */
  readonly file: string
  /** Calls that share nothing with those of another lane: no connections, no health, no turns. Null: those that clients wait for. */
  readonly lane: string | null
}

interface Held { readonly key: PoolKey, readonly pool: UpstreamPool, readonly attendants: readonly Attendant[], users: number }

/**
 * The upstreams of the process, shared by every plan that means the same: a reload that leaves one as it was leaves its members, their
 * health and their connections. A pool is closed when the last plan has let go of it.
 */
export class PoolRegistry {
  readonly endpoints: EndpointRegistry
  readonly #services: PoolServices
  readonly #held = new Map<string, Held>()
  /** The same by upstream and lane, oldest first. */
  readonly #versions = new Map<string, Set<Held>>()

  constructor (services: PoolServices) {
    this.endpoints = services.endpoints
    this.#services = services
  }

  /** All there are, for operators. */
  get pools (): readonly UpstreamPool[] { return [...this.#held.values()].map(({ pool }) => pool) }

  acquire (key: PoolKey): UpstreamPool {
    const text = JSON.stringify(key)
    const held = this.#held.get(text) ?? this.#add(text, this.#make(key))
    held.users++
    return held.pool
  }

  release (key: PoolKey): void {
    const text = JSON.stringify(key)
    const held = this.#held.get(text)
    if (!held || --held.users > 0) return
    this.#held.delete(text)
    const versions = this.#versions.get(versionsOf(key))!
    versions.delete(held)
    if (versions.size === 0) this.#versions.delete(versionsOf(key))
    closeAll(held.attendants, held.pool)
  }

  /** Resolves when whoever looks after pools has looked once. */
  async ready (): Promise<void> {
    await Promise.all([...this.#held.values()].flatMap(({ attendants }) => attendants.map(({ ready }) => ready)))
  }

  /** Closes all, whoever still has one. */
  close (): void {
    for (const { attendants, pool } of this.#held.values()) closeAll(attendants, pool)
    this.#held.clear()
    this.#versions.clear()
  }

  #add (text: string, held: Held): Held {
    const name = versionsOf(held.key)
    this.#held.set(text, held)
    this.#versions.set(name, (this.#versions.get(name) ?? new Set()).add(held))
    return held
  }

  #newest (key: PoolKey): Held | undefined {
    return [...this.#versions.get(versionsOf(key)) ?? []].at(-1)
  }

  #make (key: PoolKey): Held {
    const pool = this.#poolOf(key)
    const attendants: Attendant[] = []
    try {
      pool.setMembers(addressesOf(key), 'endpoints')
      if (key.config) this.#begin(pool, key, key.config, attendants)
    } catch (error) {
      closeAll(attendants, pool)
      throw error
    }
    return { key, pool, attendants, users: 0 }
  }

  #begin (pool: UpstreamPool, key: PoolKey, config: UpstreamConfig, attendants: Attendant[]): void {
    const { name, file, lane } = key
    const { attend = [], offline = false } = this.#services
    const before = this.#newest(key)
    if (before?.key.config) inherit({ pool, config }, { pool: before.pool, config: before.key.config })
    // In logs and metrics too one must not be taken for the other
    const shown = lane === null ? name : `${name} (${lane})`
    for (const make of attend) {
      const attendant = make(pool, { name: shown, config, file })
      if (attendant !== null) attendants.push(attendant)
    }
    if (!offline) for (const attendant of attendants) attendant.start()
  }

  #poolOf (key: PoolKey): UpstreamPool {
    const { endpoints, clock, random, expressions } = this.#services
    const { name, zone, config, lane } = key
    const take = (address: Address): TakenEndpoint => {
      const options = endpointOptions(address, key)
      return { endpoint: endpoints.acquire(options), release: () => { endpoints.release(options) } }
    }
    return new UpstreamPool({
      name,
      lane,
      zone,
      take,
      clock,
      random,
      balancers: balancersOf(config?.balance ?? 'round-robin', { clock, random, expressions }),
      spillBelow: config?.spillBelow ?? SPILL_BELOW,
      panicBelow: config?.panicBelow ?? PANIC_BELOW,
      slowStartMs: config?.slowStart ?? 0
    })
  }
}

function closeAll (attendants: readonly Attendant[], pool: UpstreamPool): void {
  for (const attendant of attendants) attendant.close()
  pool.close()
}

const versionsOf = ({ name, lane }: PoolKey): string => JSON.stringify([name, lane])

function addressesOf ({ name, config }: PoolKey): Address[] {
  const endpoints = config === null ? [name] : config.endpoints ?? []
  return endpoints.map(one => typeof one === 'string' ? { url: one, weight: 1, zone: null, priority: 0 } : { ...one, zone: one.zone ?? null })
}

function endpointOptions ({ url, name }: Address, { config, connectMs, lane }: PoolKey): EndpointOptions {
  const { connections, pending, keepAlive, tls } = config ?? NO_CONFIG
  const options = { origin: new URL(url).origin, connectMs, connections, pending: pending ?? connections, keepAliveMs: keepAlive, tls: tls ?? null }
  return { ...options, ...name !== undefined && { name }, ...lane !== null && { lane } }
}
