import type { BalanceConfig } from '../../../src/contract/route-file.ts'
import { exchange, fakeClock } from '../../../src/testing/index.ts'
import type { Member } from '../../../src/upstream/member.ts'
import { address, endpointOf, fakePool, seeded } from './fake-pool.ts'

/** What goes on in a simulation; times in milliseconds. */
export interface Scene {
  readonly balance: BalanceConfig
  readonly weights: readonly number[]
  readonly requests: number
  /** Requests of a second, at random moments. */
  readonly rate: number
  /** Mean of each endpoint's answers, which are spread exponentially. */
  readonly meanMs: readonly number[]
  /** How many an endpoint works on at one time; more wait. */
  readonly workers: number
}

/** How many requests each endpoint got, and how long the 99th of a hundred took. */
export interface Outcome { readonly taken: readonly number[], readonly p99Ms: number }

interface Call { readonly member: Member, readonly at: number, readonly arrivedMs: number, readonly endMs: number }

/** Lets requests come at random moments and be answered by endpoints with a queue each. The same scene always ends the same. */
export function simulate ({ balance, weights, requests, rate, meanMs, workers }: Scene): Outcome {
  const clock = fakeClock(0)
  const [arrivals, services, keys] = [seeded(11), seeded(22), seeded(33)]
  const { pool } = fakePool(weights.map((weight, i) => address(`10.0.0.${i + 1}`, { weight })), { balance, clock, random: seeded(44) })
  const free = weights.map(() => new Array<number>(workers).fill(0))
  const taken = weights.map(() => 0)
  const took: number[] = []
  let open: Call[] = []
  let nowMs = 0
  const end = (call: Call) => {
    clock.set(call.endMs)
    endpointOf(call.member).inFlight--
    call.member.heard?.ended({ status: 200, code: null, headMs: call.endMs - call.arrivedMs })
    took.push(call.endMs - call.arrivedMs)
  }
  for (let i = 0; i < requests; i++) {
    nowMs += exponential(1000 / rate, arrivals.next())
    const over = open.filter(({ endMs }) => endMs <= nowMs).sort((a, b) => a.endMs - b.endMs)
    open = open.filter(({ endMs }) => endMs > nowMs)
    for (const call of over) end(call)
    clock.set(nowMs)
    const x = Object.assign(exchange(), { originalQuery: `user=${Math.floor(keys.next() * 1e9)}` })
    const member = pool.pick(x)!
    const at = pool.members.indexOf(member)
    const worker = free[at]!.indexOf(Math.min(...free[at]!))
    const endMs = Math.max(nowMs, free[at]![worker]!) + exponential(meanMs[at]!, services.next())
    free[at]![worker] = endMs
    taken[at]!++
    endpointOf(member).inFlight++
    open.push({ member, at, arrivedMs: nowMs, endMs })
  }
  for (const call of open) took.push(call.endMs - call.arrivedMs)
  took.sort((a, b) => a - b)
  return { taken, p99Ms: took[Math.floor(took.length * 0.99)]! }
}

const exponential = (mean: number, chance: number): number => -mean * Math.log(1 - chance)
