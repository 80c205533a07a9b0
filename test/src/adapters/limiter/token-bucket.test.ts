import fc from 'fast-check'
import t from 'tap'
import { REBASE_AT, TokenBucket, type BucketSize } from '../../../../src/adapters/limiter/token-bucket.ts'

/** The same bucket in whole numbers of any size: `per` seconds give `tokens`. */
class ExactBucket {
  readonly #tokens: bigint
  readonly #unit: bigint
  readonly #burst: bigint
  #level: bigint
  #atUs: number

  constructor (tokens: number, per: number, burst: number, nowUs: number) {
    this.#tokens = BigInt(tokens)
    this.#unit = BigInt(per) * 1_000_000n
    this.#burst = BigInt(burst) * this.#unit
    this.#level = this.#burst
    this.#atUs = nowUs
  }

  at (nowUs: number): void {
    const back = this.#tokens * BigInt(nowUs - this.#atUs)
    this.#level = this.#level + back > this.#burst ? this.#burst : this.#level + back
    this.#atUs = nowUs
  }

  /** Whether `cost` is there, or would be `laterUs` from now. */
  has (cost: number, laterUs = 0): boolean {
    const level = this.#level + this.#tokens * BigInt(laterUs)
    return BigInt(cost) * this.#unit <= (level > this.#burst ? this.#burst : level)
  }

  take (cost: number): void {
    this.#level -= BigInt(cost) * this.#unit
  }
}

const sizes = fc.record({ tokens: fc.integer({ min: 1, max: 1_000_000 }), per: fc.constantFrom(1, 60, 3600, 86_400), burst: fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 1_000_000 })) })
const gaps = fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 2000 }), fc.integer({ min: 1, max: 5_000_000 }), fc.integer({ min: 1, max: 100_000_000_000 }))
const arrivals = fc.array(fc.record({ gapUs: gaps, share: fc.double({ min: 0, max: 1.1, noNaN: true }) }), { maxLength: 60 })
const START_US = 1_795_185_745_595_306

t.test('admits what an exact bucket admits, and never more', async () => {
  fc.assert(fc.property(sizes, arrivals, ({ tokens, per, burst }, arrivals) => {
    const size = { rate: tokens / per, burst }
    let nowUs = START_US
    const bucket = new TokenBucket(nowUs)
    const exact = new ExactBucket(tokens, per, burst, nowUs)
    for (const { gapUs, share } of arrivals) {
      nowUs += gapUs
      exact.at(nowUs)
      const cost = Math.round(share * burst)
      const allowed = bucket.take(size, cost, nowUs)
      if (allowed && cost > 0 && !exact.has(cost)) throw new Error(`admitted ${cost} too early`)
      // A rate such as 1/3 is no double: where it is a bit too small, a microsecond is missing
      if (!allowed && exact.has(cost, -1)) throw new Error(`refused ${cost} that are there`)
      if (allowed) exact.take(cost)
    }
  }), { numRuns: 400 })
})

/** What is wrong with what whoever asked for `cost` is told. */
function wrong (bucket: TokenBucket, size: BucketSize, cost: number, allowed: boolean, nowUs: number): string | undefined {
  const { remaining, retryAfterMs, resetMs } = bucket.state(size, cost, allowed, nowUs)
  const there = (tokens: number, inMs: number): boolean => !bucket.refuses(size, tokens, nowUs + inMs * 1000)
  const wait = allowed ? retryAfterMs === 0 : cost > size.burst ? retryAfterMs === Infinity : there(cost, retryAfterMs) && !there(cost, retryAfterMs - 1)
  const faults = {
    remaining: remaining < 0 || !there(remaining, 0) || (remaining < size.burst && there(remaining + 1, 0)),
    resetMs: !there(size.burst, resetMs),
    retryAfterMs: !wait
  }
  return Object.entries(faults).find(([, isWrong]) => isWrong)?.[0]
}

t.test('tells when to come again: then it is there, and a millisecond before it is not', async () => {
  fc.assert(fc.property(sizes, arrivals, ({ tokens, per, burst }, arrivals) => {
    const size = { rate: tokens / per, burst }
    let nowUs = START_US
    const bucket = new TokenBucket(nowUs)
    for (const { gapUs, share } of arrivals) {
      nowUs += gapUs
      const cost = Math.round(share * burst)
      const fault = wrong(bucket, size, cost, bucket.take(size, cost, nowUs), nowUs)
      if (fault !== undefined) throw new Error(fault)
    }
  }), { numRuns: 200 })
})

t.test('does not tell of a moment at which a rounding error is in the way', async t => {
  const size = { rate: 11 / 60, burst: 33 }
  const bucket = new TokenBucket(0)
  bucket.take(size, 33, 0)
  const { retryAfterMs } = bucket.state(size, 33, false, 0)
  t.ok(retryAfterMs <= 180_001)
  t.equal(bucket.take(size, 33, retryAfterMs * 1000), true)
})

t.test('charges nothing at no cost, and lets it pass also where nothing is left', async t => {
  const size = { rate: 1, burst: 1 }
  const bucket = new TokenBucket(0)
  t.equal(bucket.take(size, 1, 0), true)
  t.equal(bucket.take(size, 1, 0), false)
  t.equal(bucket.take(size, 0, 0), true)
  t.equal(bucket.take(size, 1, 999_999), false)
  t.equal(bucket.take(size, 1, 1_000_000), true)
})

t.test('stays empty where nothing comes back', async t => {
  const size = { rate: 0, burst: 2 }
  const bucket = new TokenBucket(0)
  t.equal(bucket.take(size, 2, 0), true)
  t.equal(bucket.take(size, 1, 1e15), false)
  t.same(bucket.state(size, 1, false, 1e15), { allowed: false, remaining: 0, retryAfterMs: Infinity, resetMs: Infinity })
})

t.test('gives nobody tokens where the clock goes back, and keeps nobody waiting for it', async t => {
  const size = { rate: 10, burst: 5 }
  const bucket = new TokenBucket(1e12)
  t.equal(bucket.take(size, 3, 1e12), true)
  t.equal(bucket.take(size, 3, 1e12 - 3.6e9), false)
  t.equal(bucket.take(size, 2, 1e12 - 3.6e9), true)
  t.equal(bucket.take(size, 1, 1e12 - 3.6e9 + 100_000), true)
  const busy = new TokenBucket(1e12)
  for (const [cost, atUs] of [[5, 0], [3, 300_000]] as const) t.equal(busy.take(size, cost, 1e12 + atUs), true)
  t.equal(busy.take(size, 1, 0), false)
  t.equal(busy.take(size, 1, 100_000), true, 'also where more was taken than it holds')
})

t.test('stays exact where it is never full again', async t => {
  // No whole number in a microsecond
  const size = { rate: 1e9 + 0.5, burst: 1e6 }
  const bucket = new TokenBucket(0)
  bucket.take(size, 500_000, 0)
  let nowUs = 0
  // Tokens of three times what makes it count anew
  while (nowUs < 3e6 * REBASE_AT / size.rate) {
    nowUs += 397
    if (!bucket.take(size, 397_000, nowUs)) throw new Error(`not there at ${nowUs}`)
  }
  t.ok(bucket.taken < size.burst + REBASE_AT + 397_000, `${bucket.taken}`)
  t.ok(bucket.sinceUs > 0)
  const { remaining } = bucket.state(size, 0, true, nowUs)
  t.ok(remaining <= 500_001 && remaining >= 500_000 - 4 * size.rate / 1e6, `${remaining}: a microsecond's worth each time at most`)
})

t.test('gives back as if it had never been taken, and never more', async t => {
  fc.assert(fc.property(sizes, arrivals, fc.nat(), ({ tokens, per, burst }, arrivals, which) => {
    const size = { rate: tokens / per, burst }
    let nowUs = START_US
    const [bucket, without] = [new TokenBucket(nowUs), new TokenBucket(nowUs)]
    let refund: { cost: number, taken: number, sinceUs: number } | null = null
    arrivals.forEach(({ gapUs, share }, i) => {
      nowUs += gapUs
      const cost = Math.round(share * burst)
      if (!bucket.take(size, cost, nowUs)) return
      if (i === which % (arrivals.length + 1)) refund = { cost, taken: bucket.taken, sinceUs: bucket.sinceUs }
      else if (!without.take(size, cost, nowUs)) throw new Error('cannot be: it has more')
    })
    if (refund === null) return
    const { cost, taken, sinceUs } = refund
    bucket.giveBack(size, cost, taken, sinceUs, nowUs)
    const [now, best] = [bucket, without].map(one => one.state(size, 0, true, nowUs).remaining) as [number, number]
    if (now > best) throw new Error(`${now} left, without it ${best}`)
  }), { numRuns: 400 })
  const size = { rate: 1, burst: 10 }
  const bucket = new TokenBucket(0)
  bucket.take(size, 8, 0)
  const { taken, sinceUs } = bucket
  bucket.take(size, 4, 3_000_000)
  bucket.giveBack(size, 8, taken, sinceUs, 3_000_000)
  t.equal(bucket.state(size, 0, true, 3_000_000).remaining, 6, 'it would be full but for the four')
  bucket.giveBack(size, 8, taken, sinceUs, 9_000_000)
  t.equal(bucket.state(size, 0, true, 9_000_000).remaining, 10)
  t.equal(bucket.take(size, 10, 9_000_000), true)
  bucket.giveBack(size, 8, taken, sinceUs, 9_000_000)
  t.equal(bucket.take(size, 1, 9_000_000), false, 'all of it had come back')
})
