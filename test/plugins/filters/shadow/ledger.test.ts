import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import t from 'tap'
import { LEDGER } from '../../../../plugins/filters/shadow/ledger/ledger-schema.ts'
import { Config, validate } from '../../../../src/contract/index.ts'
import { fakeClock } from '../../../../src/testing/index.ts'
import { detectionTable } from './ledger/detection-table.ts'
import { answer, at, comparison, DEFAULTS, difference, EQUAL, GOOD, ledgerOf, pairs, repeats, seeded, traffic, type Rates } from './ledger/traffic.ts'

if (process.argv.includes('--table')) for (const line of detectionTable()) t.comment(line)

t.test('a path that always differs is found with 20 repeats that never do', async t => {
  const { ledger } = ledgerOf()
  pairs(ledger, 2000, 'body/name')
  t.equal(at(ledger, 'body/name')!.verdict, 'undecided')
  repeats(ledger, 20)
  t.match(at(ledger, 'body/name'), { raw: { count: 2000, rate: 1 }, noise: { count: 0, rate: 0 }, relative: 1, absolute: 1, verdict: 'difference' })
  t.equal(ledger.differing, 1)
})

t.test('fewer than ten repeats decide nothing: they may be of one moment', async t => {
  const { ledger } = ledgerOf()
  pairs(ledger, 900, 'body/name')
  repeats(ledger, 9)
  t.match(at(ledger, 'body/name'), { verdict: 'undecided' })
  t.match(ledger.summary(), { verdict: 'undecided', differing: 0, unexplained: 1 })
  repeats(ledger, 1)
  t.match(at(ledger, 'body/name'), { verdict: 'difference' })
})

t.test('what differs more than its noise is a difference, and its noise is taken off', async t => {
  const { ledger } = ledgerOf()
  const { next } = seeded(5)
  for (let i = 0; i < 4000; i++) {
    pairs(ledger, 1, ...next() < 0.6 ? ['body/a'] : [])
    repeats(ledger, 1, ...next() < 0.2 ? ['body/a'] : [])
  }
  const { raw, noise, relative, absolute, verdict } = at(ledger, 'body/a')!
  t.equal(verdict, 'difference')
  t.equal(absolute.toFixed(6), (raw.rate - noise.rate).toFixed(6))
  t.equal(relative.toFixed(6), ((raw.rate - noise.rate) / (raw.rate + noise.rate)).toFixed(6))
  t.ok(Math.abs(ledger.differing - 0.4) < 0.05, `${ledger.differing}`)
})

t.test('places of the same pair count it once', async t => {
  const { ledger } = ledgerOf()
  repeats(ledger, 500)
  pairs(ledger, 250, 'body/a', 'body/b', 'body/c')
  pairs(ledger, 100, 'body/c')
  pairs(ledger, 150)
  t.equal(ledger.differing, 0.7)
  t.match(ledger.view(), { compared: 500, equal: 150, different: 350, undecided: 0, noise: 0, unexplained: 0.7 })
})

t.test('a place that was taken for the reason and is noise does not hide the difference beside it', async t => {
  const { ledger } = ledgerOf()
  pairs(ledger, 60, 'body/at', 'body/name')
  pairs(ledger, 20, 'body/at')
  pairs(ledger, 10, 'body/at', 'body/new')
  pairs(ledger, 10)
  repeats(ledger, 100, 'body/at')
  t.match(ledger.view(), { equal: 10, different: 60, noise: 30, undecided: 0, differing: 0.6, unexplained: 0.6 })
  const { ledger: other } = ledgerOf()
  pairs(other, 60, 'body/at', 'body/name')
  repeats(other, 6, 'body/at')
  repeats(other, 4)
  t.match(other.view(), { different: 60, undecided: 0, noise: 0, unexplained: 1, differences: [{ path: 'body/name', verdict: 'difference' }, { path: 'body/at', verdict: 'undecided' }] })
})

t.test('a pair is equal, noise or different by what is known at that time', async t => {
  const { ledger, registry } = ledgerOf()
  const one = (...found: ReturnType<typeof difference>[]) => ledger.compared({ live: GOOD, shadow: GOOD, comparison: comparison(...found) })
  t.equal(one(), 'equal')
  t.equal(one(difference('body/at')), 'different', 'no noise is known')
  repeats(ledger, 30, 'body/at')
  t.equal(one(difference('body/at')), 'noise')
  t.equal(one(difference('body/at', 'type')), 'different', 'the same path, another kind')
  t.equal(one(difference('body/at'), difference('body/name')), 'different')
  t.match(ledger.view(), { compared: 5, equal: 1, noise: 2, undecided: 2, different: 0 }, 'what is known now counts for all')
  const value = (name: string, label: Record<string, string>) => registry.samples().find(sample => sample.name === name && Object.entries({ shadow: 'next', ...label }).every(([key, is]) => sample.labels[key] === is))?.value
  t.equal(value('gatehouse_shadow_comparisons_total', { verdict: 'different' }), 3)
  t.equal(value('gatehouse_shadow_comparisons_total', { verdict: 'noise' }), 1)
  t.equal(value('gatehouse_shadow_comparisons_total', { verdict: 'equal' }), 1)
  t.equal(value('gatehouse_shadow_differences_total', { kind: 'value' }), 2, 'of noise none')
  t.equal(value('gatehouse_shadow_differences_total', { kind: 'type' }), 1)
  t.equal(value('gatehouse_shadow_leg_seconds', { leg: 'shadow' })?.toFixed(3), '0.025')
})

t.test('metrics are made when something happens', async t => {
  const { ledger, registry } = ledgerOf()
  t.equal(registry.size, 0)
  ledger.compared({ live: GOOD, shadow: answer({ status: 0, code: 'GW_HEAD_TIMEOUT' }), comparison: null })
  t.same(registry.samples().map(({ name, labels }) => [name, labels]), [
    ['gatehouse_shadow_leg_seconds', { leg: 'live', shadow: 'next' }],
    ['gatehouse_shadow_comparisons_total', { verdict: 'skipped', shadow: 'next' }]
  ])
})

t.test('what was not compared is counted by reason; what was in part counts as far as it differs', async t => {
  const { ledger } = ledgerOf()
  const skipped = (reason: 'too-large' | 'busy', ...differences: ReturnType<typeof difference>[]) => ({ verdict: 'skipped' as const, reason, differences })
  t.equal(ledger.compared({ live: GOOD, shadow: GOOD, comparison: skipped('too-large') }), null)
  t.equal(ledger.compared({ live: GOOD, shadow: GOOD, comparison: skipped('busy') }), null)
  t.equal(ledger.compared({ live: GOOD, shadow: GOOD, comparison: null }), null)
  t.equal(ledger.compared({ live: GOOD, shadow: GOOD, comparison: skipped('too-large', difference('status')) }), 'different')
  for (const comparison of [null, skipped('busy'), skipped('busy', difference('status'))]) ledger.noise({ live: GOOD, other: GOOD, comparison })
  ledger.failed('statement')
  ledger.failed('statement')
  t.match(ledger.view(), { pairs: 4, compared: 1, skipped: { 'too-large': 2, busy: 1 }, failed: { statement: 2 }, noiseComparisons: 1 })
})

t.test('where noise cannot be learned, differences are shown and nothing vouches for them', async t => {
  const { ledger } = ledgerOf()
  for (let i = 0; i < 100; i++) ledger.compared({ live: GOOD, shadow: GOOD, comparison: comparison(difference('body/id')), noiseKnown: false })
  pairs(ledger, 300)
  repeats(ledger, 50)
  t.match(ledger.view(), {
    compared: 400,
    comparedBlind: 100,
    different: 100,
    differing: 0.25,
    verdict: 'different',
    differences: [{ path: 'body/id', raw: { count: 100, rate: 1 }, noise: { count: 0, rate: 0 }, confidence: null, verdict: 'difference' }]
  })
})

t.test('what is never repeated does not look like a difference beside repeats of other requests', async t => {
  const { ledger } = ledgerOf()
  for (let i = 0; i < 1000; i++) ledger.compared({ live: GOOD, shadow: GOOD, comparison: i < 1 ? comparison(difference('body/id')) : EQUAL, noiseKnown: false })
  repeats(ledger, 1000)
  t.equal(at(ledger, 'body/id')!.confidence, null)
  for (let i = 0; i < 9000; i++) ledger.compared({ live: GOOD, shadow: GOOD, comparison: EQUAL, noiseKnown: false })
  t.equal(at(ledger, 'body/id')!.verdict, 'noise', 'one in 10,000 is too rare')
})

t.test('times and their ratios are shown, hardly off; of pairs only where both answered', async t => {
  const { ledger } = ledgerOf()
  t.match(ledger.view().latency, { live: { count: 0, meanMs: null, p50Ms: null }, ratio: { p50: null, p99: null } })
  t.equal(ledger.summary().p99Ratio, null)
  for (let i = 1; i <= 1000; i++) ledger.compared({ live: answer({ headMs: i }), shadow: answer({ headMs: i * 2 }), comparison: null })
  ledger.compared({ live: answer({ headMs: 1e12 }), shadow: answer({ status: 0, code: 'GW_HEAD_TIMEOUT' }), comparison: null })
  const { live, shadow, ratio } = ledger.view().latency
  t.equal(live.count, 1000)
  t.equal(live.meanMs, 500.5)
  t.equal(shadow.meanMs, 1001)
  for (const [key, is, off] of [['p50Ms', 500, 0.02], ['p90Ms', 900, 0.02], ['p95Ms', 950, 0.02], ['p99Ms', 990, 0.05]] as const) {
    t.ok(Math.abs(live[key]! / is - 1) < off && Math.abs(shadow[key]! / is / 2 - 1) < off, key)
  }
  t.ok(Math.abs(ratio.p50! - 2) < 0.05)
  ledger.compared({ live: answer({ headMs: 0 }), shadow: answer({ headMs: 1e12 }), comparison: null })
  t.ok(ledger.view().latency.shadow.p99Ms! < 3000)
})

t.test('at most so many masked samples of a place are kept, each as likely as another', async t => {
  const { ledger, clock } = ledgerOf({ samples: 20 }, { clock: fakeClock(Date.UTC(2026, 0, 1)) })
  for (let i = 0; i < 1000; i++) {
    clock.advance(1000)
    ledger.compared({ live: GOOD, shadow: GOOD, comparison: comparison({ ...difference('body/a'), live: `string(${i})` }), requestId: `r${i}` })
  }
  const { samples } = at(ledger, 'body/a')!
  t.equal(samples.length, 20)
  t.equal(new Set(samples.map(({ requestId }) => requestId)).size, 20)
  const kept = samples.map(({ requestId }) => Number(requestId.slice(1)))
  t.same(kept, kept.toSorted((a, b) => a - b), 'the oldest first')
  t.ok(kept.some(i => i < 400) && kept.some(i => i > 600))
  t.ok(samples.every(sample => sample.live === `string(${sample.requestId.slice(1)})` && sample.shadow === 'string(5)'))
  t.same(Object.keys(samples[0]!), ['requestId', 'time', 'live', 'shadow'])
  t.equal(samples[0]!.time, new Date(Date.UTC(2026, 0, 1) + (kept[0]! + 1) * 1000).toISOString())
  const { ledger: none } = ledgerOf({ samples: 0 })
  pairs(none, 10, 'body/a')
  t.same(at(none, 'body/a')!.samples, [])
})

t.test('paths are bounded: others are counted together, with their samples', async t => {
  const { ledger } = ledgerOf({ paths: 3, samples: 2 })
  pairs(ledger, 10, 'body/a', 'body/b')
  repeats(ledger, 100, 'body/x')
  for (let i = 0; i < 20; i++) pairs(ledger, 1, `body/${i}`, `body/${i}/more`)
  repeats(ledger, 50, 'body/1', 'body/y', 'body/z')
  const { differences } = ledger.view()
  t.same(differences.map(({ path }) => path).sort(), ['body/a', 'body/b', 'other'])
  t.match(differences.find(({ path }) => path === 'other'), { kind: 'other', raw: { count: 20 }, noise: { count: 50 }, samples: [{ path: /^body\/\d+/ }, {}] })
})

t.test('the memory of a ledger is bounded, whatever shadows answer', async t => {
  const { ledger } = ledgerOf({ samples: 20 })
  const long = 'x'.repeat(10_000)
  for (let round = 0; round < 6; round++) {
    for (let i = 0; i < 1100; i += 100) {
      const found = Array.from({ length: 100 }, (_, j) => ({ ...difference(`body/${i + j}/${long}`), live: long, shadow: long }))
      ledger.compared({ live: GOOD, shadow: GOOD, comparison: comparison(...found), requestId: long })
    }
  }
  const { differences } = ledger.view()
  t.equal(differences.length, 1001)
  t.equal(Math.max(...differences.map(({ path }) => path.length)), 256)
  const samples = differences.flatMap(one => one.samples)
  t.ok(samples.length >= 4000 && samples.length <= 5001, `${samples.length}`)
  t.ok(differences.every(one => one.samples.length > 0), 'who comes late keeps one')
  t.ok(samples.every(({ live, shadow, requestId, path = '' }) => live.length === 128 && shadow.length === 128 && requestId.length === 64 && path.length <= 256))
})

t.test('what is kept of an answer does not keep the answer', async t => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const { ledger } = ledgerOf()
  const used = () => {
    collect()
    return process.memoryUsage().heapUsed
  }
  const before = used()
  for (let i = 0; i < 20; i++) {
    const body = Buffer.alloc(1_000_000, `${i}`).toString('latin1')
    pairs(ledger, 1, body.slice(0, 100 + i))
    ledger.compared({ live: GOOD, shadow: GOOD, comparison: comparison({ ...difference('body/a'), live: body.slice(10, 50), shadow: body.slice(20, 60) }), requestId: body.slice(0, 36) })
  }
  t.ok(used() - before < 5_000_000)
  t.equal(ledger.view().differences.length, 21)
})

t.test('paths cut to the same text count once a comparison', async t => {
  const { ledger } = ledgerOf()
  const long = 'x'.repeat(300)
  pairs(ledger, 5, `body/${long}a`, `body/${long}b`)
  repeats(ledger, 7, `body/${long}a`, `body/${long}b`)
  const { differences } = ledger.view()
  t.equal(differences.length, 1)
  t.match(differences[0], { path: `body/${'x'.repeat(250)}…`, raw: { count: 5, rate: 1 }, noise: { count: 7, rate: 1 } })
})

t.test('the worst comes first: differences, what is undecided, noise', async t => {
  const { ledger } = ledgerOf()
  const rates: Rates = { 'body/at': 1, 'body/id': 0.5, 'body/hint': 0.05 }
  traffic(ledger, { noise: rates, planted: { 'body/a': 0.5, 'body/b': 1, 'body/c': 0.5 }, learning: 'secondary', seed: 3 })(500)
  pairs(ledger, 1, 'body/z', 'body/y')
  t.same(ledger.view().differences.map(({ path, verdict }) => [path, verdict]).filter(([path]) => !['body/hint', 'body/id', 'body/a', 'body/c'].includes(path!)), [
    ['body/b', 'difference'], ['body/y', 'undecided'], ['body/z', 'undecided'], ['body/at', 'noise']
  ])
})

t.test('a reset begins anew, and a ledger without pairs says so', async t => {
  const { ledger, clock, registry } = ledgerOf()
  t.match(ledger.view(), { version: 1, shadow: 'next', verdict: 'empty', since: '1970-01-01T00:00:00.000Z', compared: 0, differing: 0, differences: [], report: { relative: 0.2, absolute: 0.0003, confidence: 0.999 } })
  pairs(ledger, 50, 'body/a')
  repeats(ledger, 50)
  t.equal(ledger.summary().verdict, 'different')
  clock.advance(5000)
  ledger.reset()
  t.match(ledger.view(), { verdict: 'empty', since: '1970-01-01T00:00:05.000Z', until: '1970-01-01T00:00:05.000Z', pairs: 0, noiseComparisons: 0, latency: { live: { count: 0 } } })
  pairs(ledger, 1)
  t.match(ledger.summary(), { verdict: 'equal', compared: 1, differences: 0 })
  t.ok(registry.samples().some(({ value }) => value === 50), 'metrics go on')
})

t.test('a view is JSON', async t => {
  const { ledger } = ledgerOf()
  pairs(ledger, 30, 'body/a')
  repeats(ledger, 30)
  t.same(JSON.parse(JSON.stringify(ledger.view())), ledger.view())
})

t.test('the defaults are the thresholds of the reference', async t => {
  t.same(validate(Config(LEDGER), {}).value, { ...DEFAULTS, noise: { replay: 0.01 } })
  t.match(validate(Config(LEDGER), { confidence: '100%' }).faults, [{ pointer: '/confidence' }])
  t.match(validate(Config(LEDGER), { samples: 21 }).faults, [{ pointer: '/samples' }])
  t.same(validate(Config(LEDGER), { noise: { replay: '0%' } }).value, { ...DEFAULTS, noise: { replay: 0 } })
})
