import fc from 'fast-check'
import t from 'tap'
import { LatencyQuantile } from '../../../../plugins/filters/hedge/latency-quantile.ts'

/** Between which two of them the quantile is. */
function exact (values: readonly number[], quantile: number): [number, number] {
  const sorted = values.toSorted((a, b) => a - b)
  const rank = Math.floor(quantile * values.length)
  return [sorted[rank - 1]!, sorted[rank]!]
}

t.test('says nothing until it knows enough', async t => {
  const estimate = new LatencyQuantile(0.95, 20)
  for (let i = 0; i < 19; i++) estimate.record(10)
  t.equal(estimate.valueMs, Infinity)
  estimate.record(10)
  t.ok(estimate.valueMs >= 10 && estimate.valueMs <= 11)
})

t.test('is a tenth off at most, whatever the times', async t => {
  const times = fc.array(fc.double({ min: 0.2, max: 60_000, noNaN: true }), { minLength: 160, maxLength: 160 })
  fc.assert(fc.property(times, fc.constantFrom(0.5, 0.9, 0.95, 0.99), (values, quantile) => {
    const estimate = new LatencyQuantile(quantile, 10)
    for (const value of values) estimate.record(value)
    const [from, to] = exact(values, quantile)
    return estimate.valueMs >= from * 0.999 && estimate.valueMs <= to * 1.1001
  }), { numRuns: 100, endOnFailure: true })
  t.pass('holds')
})

t.test('follows what changes, and forgets what was', async t => {
  const estimate = new LatencyQuantile(0.95, 100)
  for (let i = 0; i < 5000; i++) estimate.record(10)
  for (let i = 0; i < 5000; i++) estimate.record(200)
  t.ok(estimate.valueMs >= 200 && estimate.valueMs <= 220)
  for (let i = 0; i < 20_000; i++) estimate.record(10)
  t.ok(estimate.valueMs <= 11)
})

t.test('takes times of no length and of any', async t => {
  const estimate = new LatencyQuantile(0.5, 10)
  for (let i = 0; i < 16; i++) estimate.record(0)
  t.equal(estimate.valueMs, 0.1)
  for (let i = 0; i < 32; i++) estimate.record(1e12)
  t.ok(estimate.valueMs > 300_000 && Number.isFinite(estimate.valueMs))
})
