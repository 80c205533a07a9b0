import { celExpressions } from '../../../src/adapters/cel-expressions.ts'
import type { Clock, Random } from '../../../src/contract/index.ts'
import type { BalanceConfig } from '../../../src/contract/route-file.ts'
import { fakeClock, type FakeClock } from '../../../src/testing/index.ts'
import type { Address } from '../../../src/upstream/address.ts'
import { balancersOf } from '../../../src/upstream/balance/balancers-of.ts'
import type { Endpoint } from '../../../src/upstream/endpoint.ts'
import { Member } from '../../../src/upstream/member.ts'
import { UpstreamPool, type PoolOptions } from '../../../src/upstream/upstream-pool.ts'

/** An endpoint without connections. */
export class FakeEndpoint {
  readonly origin: string
  readonly authority: string
  inFlight = 0
  capacity = Infinity
  released = false

  constructor (url: string, name?: string) {
    this.origin = url
    this.authority = name ?? new URL(url).host
  }

  get full (): boolean { return this.inFlight >= this.capacity }
}

/** Draws that look like chance and are the same each time (mulberry32). */
export function seeded (seed = 1): Random {
  let state = seed
  return {
    next: () => {
      state = (state + 0x6d2b79f5) | 0
      let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
      mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
    }
  }
}

/** `http://a`, with what is other than usual. */
export const address = (host: string, more: Partial<Address> = {}): Address => ({ url: `http://${host}`, weight: 1, zone: null, priority: 0, ...more })

export const member = (host: string, weight = 1, more: Partial<Address> = {}): Member => new Member(new FakeEndpoint(`http://${host}`) as unknown as Endpoint, address(host, { weight, ...more }))

/** Its endpoint, to be changed by a test. */
export const endpointOf = (one: Member): FakeEndpoint => one.endpoint as unknown as FakeEndpoint

export interface FakePool { readonly pool: UpstreamPool, readonly clock: FakeClock, get (host: string): Member, readonly taken: FakeEndpoint[] }

export interface FakePoolOptions extends Partial<Omit<PoolOptions, 'balancers' | 'clock'>> { readonly balance?: BalanceConfig, readonly clock?: FakeClock }

/** A pool of these addresses that connects to nothing. */
export function fakePool (addresses: readonly Address[], { balance = 'round-robin', clock = fakeClock(1_000_000), random = seeded(), ...options }: FakePoolOptions = {}): FakePool {
  const taken: FakeEndpoint[] = []
  const pool = new UpstreamPool({
    name: 'orders',
    clock,
    random,
    zone: null,
    spillBelow: 0.7,
    panicBelow: 0.5,
    slowStartMs: 0,
    balancers: balancersOf(balance, { clock: clock as Pick<Clock, 'monotonic'>, random, expressions: celExpressions }),
    take: ({ url, name }) => {
      const endpoint = new FakeEndpoint(url, name)
      taken.push(endpoint)
      return { endpoint: endpoint as unknown as Endpoint, release: () => { endpoint.released = true } }
    },
    ...options
  })
  pool.setMembers(addresses, 'endpoints')
  return { pool, clock, taken, get: host => pool.members.find(({ endpoint }) => endpoint.origin === `http://${host}`)! }
}

/** How often each host is the result, over so many times. */
export function counts (times: number, next: () => { readonly endpoint: { readonly origin: string } } | null): Record<string, number> {
  const found: Record<string, number> = {}
  for (let i = 0; i < times; i++) {
    const host = next()?.endpoint.origin.slice('http://'.length) ?? 'nobody'
    found[host] = (found[host] ?? 0) + 1
  }
  return found
}
