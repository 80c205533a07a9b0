import type { Clock } from '../../../contract/services.ts'
import { microseconds } from '../memory-limiter.ts'
import { Batches } from './batches.ts'
import type { Return, SharedClaim } from './claims.ts'
import type { RedisLink } from './redis-link.ts'
import { GIVE_BACK, TAKE } from './scripts.ts'

/** Claims that Redis decides as one. */
export interface Taking {
  readonly claims: readonly SharedClaim[]
  /** They have been told what Redis says; false: it could not be asked. */
  done(isAnswered: boolean): void
}

const DOUBLE = 8

/** Asks Redis for tokens and gives them back, all decisions of one turn of the event loop in one call. */
export class Takings {
  readonly #link: RedisLink
  readonly #clock: Clock
  readonly #takings = new Batches<Taking>(takings => { this.#ask(takings) })
  readonly #returns = new Batches<Return>(returns => { this.#giveBack(returns) })

  constructor (link: RedisLink, clock: Clock) {
    this.#link = link
    this.#clock = clock
  }

  add (taking: Taking): void {
    for (const claim of taking.claims) claim.asking()
    this.#takings.add(this.#link.isCluster ? taking.claims[0]!.group : '', taking)
  }

  giveBack (one: Return): void {
    this.#returns.add(this.#link.isCluster ? one.buckets.tag ?? one.bucket.redisKey : '', one)
  }

  /** Sends what has not been sent. */
  flush (): void {
    this.#takings.flush()
    this.#returns.flush()
  }

  #ask (takings: readonly Taking[]): void {
    const keys: string[] = []
    const shapes: string[] = []
    let before = ''
    for (const { claims } of takings) {
      for (const { bucket } of claims) keys.push(bucket.redisKey)
      const shape = claims.length === 1 ? claims[0]!.shape : claims.map(claim => claim.shape).join(' ')
      shapes.push(shape === before ? '' : shape)
      before = shape
    }
    const sentAtUs = microseconds(this.#clock)
    this.#link.run(TAKE, keys, shapes, reply => {
      if (Buffer.isBuffer(reply) && reply.length === (1 + 4 * keys.length) * DOUBLE) tell(takings, reply, sentAtUs)
      else for (const taking of takings) giveUp(taking, microseconds(this.#clock))
    })
  }

  #giveBack (returns: readonly Return[]): void {
    if (!this.#link.isUp) return
    const args = returns.flatMap(({ buckets: { size }, cost, taken, sinceUs }) => [size.rate, size.burst, cost, taken, sinceUs].map(String))
    this.#link.run(GIVE_BACK, returns.map(({ bucket }) => bucket.redisKey), args, () => {
      // What is remembered is from before
      for (const { bucket } of returns) bucket.known.taken = 0
    })
  }
}

function tell (takings: readonly Taking[], reply: Buffer, sentAtUs: number): void {
  const doubles = new DataView(reply.buffer, reply.byteOffset, reply.length)
  const serverUs = doubles.getFloat64(0, true)
  let at = DOUBLE
  for (const taking of takings) {
    for (const claim of taking.claims) {
      claim.answered(doubles.getFloat64(at, true) === 1, doubles.getFloat64(at + 8, true), doubles.getFloat64(at + 16, true), doubles.getFloat64(at + 24, true), serverUs, sentAtUs)
      at += 4 * DOUBLE
    }
    taking.done(true)
  }
}

function giveUp (taking: Taking, nowUs: number): void {
  for (const claim of taking.claims) claim.unanswered(nowUs)
  taking.done(false)
}
