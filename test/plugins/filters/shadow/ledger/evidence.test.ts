import t from 'tap'
import { pairEvidence, rateEvidence } from '../../../../../plugins/filters/shadow/ledger/evidence.ts'
import type { LedgerOptions } from '../../../../../plugins/filters/shadow/ledger/ledger-schema.ts'
import type { Ledger } from '../../../../../plugins/filters/shadow/ledger/ledger.ts'
import { answer, at, comparison, DEFAULTS, difference, EQUAL, GOOD, ledgerOf, NOISE, pairs, repeats, reported, seeded, traffic, type Learning } from './traffic.ts'

/** The probability of `count` in `of`. */
function binomial (count: number, of: number, rate: number): number {
  let ways = 1
  for (let i = 0; i < count; i++) ways *= (of - i) / (i + 1)
  return ways * rate ** count * (1 - rate) ** (of - count)
}

const RATES = [0.001, 0.01, 0.1, 0.3, 0.5, 0.8, 0.99]

t.test('where there is no difference, evidence is 1 at most on average: reckoned over all outcomes', async t => {
  for (const [of, otherOf] of [[1, 1], [12, 12], [60, 5], [5, 60], [200, 2]] as const) {
    for (const rate of RATES) {
      for (const otherRate of RATES.filter(other => other >= rate)) {
        let mean = 0
        for (let a = 0; a <= of; a++) for (let b = 0; b <= otherOf; b++) mean += binomial(a, of, rate) * binomial(b, otherOf, otherRate) * Math.exp(rateEvidence(a, of, b, otherOf))
        t.ok(mean <= 1, `${of} ${otherOf} ${rate} ${otherRate}: ${mean}`)
      }
    }
  }
})

t.test('so it is for pairs of which only one has something', async t => {
  for (const count of [1, 2, 20, 300]) {
    for (const rate of [0.1, 0.4, 0.5]) {
      let mean = 0
      for (let one = 0; one <= count; one++) mean += binomial(one, count, rate) * Math.exp(pairEvidence(one, count - one))
      t.ok(mean <= 1, `${count} ${rate}: ${mean}`)
    }
  }
})

t.test('evidence is what the formula says', async t => {
  const near = (a: number, b: number) => Math.abs(a - b) < 1e-9
  t.ok(near(rateEvidence(1, 1, 0, 1), 0))
  t.ok(near(rateEvidence(2, 2, 0, 2), Math.log((3 / 8) ** 2 / 0.5 ** 4)))
  t.ok(near(pairEvidence(2, 1), Math.log(1 / 16 * 2 ** 3)))
  t.ok(near(pairEvidence(20, 0), Math.log(Array.from({ length: 20 }, (_, i) => (i + 0.5) / (i + 1)).reduce((a, b) => a * b) * 2 ** 20)))
  for (const none of [rateEvidence(1, 10, 1, 10), rateEvidence(1, 10, 2, 10), rateEvidence(5, 5, 0, 0), rateEvidence(0, 0, 0, 5), pairEvidence(3, 3)]) t.equal(none, -Infinity)
  t.ok(rateEvidence(100, 1e9, 0, 1e9) > 40)
})

t.test('noisy but equal answers are never reported, over 100,000 pairs and however often somebody looks', async t => {
  for (const learning of ['secondary', 'replay'] as Learning[]) {
    const { ledger } = ledgerOf()
    const run = traffic(ledger, { noise: NOISE, learning, seed: 1 })
    const seen: string[] = []
    for (let looks = 0; looks < 200; looks++) {
      run(500)
      seen.push(...reported(ledger))
    }
    t.same(seen, [], learning)
    const { compared, differing, unexplained, different } = ledger.view()
    t.same({ compared, differing, different }, { compared: 100_000, differing: 0, different: 0 })
    t.ok(unexplained < 0.003, 'noise so rare that repeats have not met it is undecided at worst')
  }
})

t.test('noise that comes from the live answer, in both comparisons at once, is not reported', async t => {
  const { next } = seeded(3)
  const { ledger } = ledgerOf()
  const odd = () => next() < 0.05
  const seen: string[] = []
  for (let i = 1; i <= 20_000; i++) {
    const [live, shadow, other] = [odd(), odd(), odd()]
    ledger.compared({ live: GOOD, shadow: GOOD, comparison: live !== shadow ? comparison(difference('body/odd')) : EQUAL })
    ledger.noise({ live: GOOD, other: GOOD, comparison: live !== other ? comparison(difference('body/odd')) : EQUAL })
    if (i % 200 === 0) seen.push(...reported(ledger))
  }
  t.same(seen, [])
})

t.test('what differs beyond noise is found, and the earlier the more it differs', async t => {
  const cases: [Learning, number, number][] = [
    ['secondary', 1, 30], ['secondary', 0.1, 600], ['secondary', 0.01, 6000], ['secondary', 0.001, 80_000], ['replay', 1, 2000], ['replay', 0.1, 40_000]
  ]
  for (const [learning, rate, enough] of cases) {
    const { ledger } = ledgerOf()
    traffic(ledger, { noise: NOISE, planted: { 'body/new': rate }, learning, seed: 11 })(enough)
    t.same(reported(ledger), ['body/new'], `${learning} ${rate}`)
    const { raw, confidence } = at(ledger, 'body/new')!
    t.ok(raw.rate > rate * 0.7 && raw.rate < rate * 1.4)
    t.ok(confidence! >= 0.999 && confidence! < 1)
    t.ok(ledger.differing > rate * 0.7 && ledger.differing <= rate * 1.4, `${ledger.differing}`)
  }
})

t.test('what is too little is not reported, however sure', async t => {
  const report = { relative: 0.5, absolute: 0.3 }
  const run = (over: Partial<LedgerOptions>) => {
    const { ledger } = ledgerOf(over)
    traffic(ledger, { noise: { 'body/a': 0.2, 'body/b': 0 }, planted: { 'body/a': 0.35, 'body/b': 0.25 }, learning: 'secondary', seed: 2 })(3000)
    return reported(ledger).sort()
  }
  t.same(run({}), ['body/a', 'body/b'])
  t.same(run({ report: { ...DEFAULTS.report, relative: report.relative } }), ['body/b'])
  t.same(run({ report: { ...DEFAULTS.report, absolute: report.absolute } }), [])
  t.same(run({ confidence: 1 }), [])
})

/** Both fail at a fifth of the requests, and each alone at some. */
function failing (liveRate: number, shadowRate: number, count: number): { ledger: Ledger, liveFailed: number, shadowFailed: number, timedOut: number } {
  const { ledger } = ledgerOf()
  const { next } = seeded(9)
  const found = { ledger, liveFailed: 0, shadowFailed: 0, timedOut: 0 }
  for (let i = 0; i < count; i++) {
    const [both, live, shadow] = [next() < 0.2, next() < liveRate, next() < shadowRate]
    const none = !both && shadow
    ledger.compared({ live: answer({ status: both || live ? 503 : 200 }), shadow: none ? answer({ status: 0, code: 'GW_HEAD_TIMEOUT' }) : answer({ status: both ? 500 : 499 }), comparison: null })
    found.liveFailed += Number(both || live)
    found.shadowFailed += Number(both || shadow)
    found.timedOut += Number(none)
  }
  return found
}

t.test('a shadow that fails more often is found; failures that both share are not its own', async t => {
  t.same(reported(failing(0.02, 0.02, 20_000).ledger), [])
  t.same(reported(failing(0.1, 0, 2000).ledger), [], 'fewer are no fault')
  const { ledger, liveFailed, shadowFailed, timedOut } = failing(0.01, 0.3, 400)
  const { errors, verdict, differences } = ledger.view()
  t.equal(verdict, 'different')
  t.match(differences, [{ kind: 'error-rate', path: 'errors', samples: [], raw: { count: shadowFailed }, noise: { count: liveFailed } }])
  t.same(errors, {
    live: { count: liveFailed, rate: liveFailed / 400, codes: {} },
    shadow: { count: shadowFailed, rate: shadowFailed / 400, codes: { GW_HEAD_TIMEOUT: timedOut } }
  })
  t.match(ledger.summary(), { liveErrors: liveFailed / 400, shadowErrors: shadowFailed / 400, verdict: 'different' })
})

/** Times as services have them: mostly alike, some long, and a few ten times as long. */
function times (seed: number): () => number {
  const { next } = seeded(seed)
  return () => (4 + 6 * next() ** 3 / (1.02 - next())) * (next() < 0.02 ? 10 : 1)
}

function timed (seed: number, count: number, slower: (ms: number) => number): Ledger {
  const { ledger } = ledgerOf()
  const draw = times(seed)
  for (let i = 0; i < count; i++) ledger.compared({ live: answer({ headMs: draw() }), shadow: answer({ headMs: slower(draw()) }), comparison: null })
  return ledger
}

t.test('equal times are never reported, in 200 runs', async t => {
  t.same(Array.from({ length: 200 }, (_, seed) => reported(timed(seed, 300, ms => ms))).flat(), [])
})

t.test('a slower shadow is found, all over or in its tail only', async t => {
  t.ok(reported(timed(1, 2000, ms => ms * 1.5)).includes('latency/p50'))
  const { next } = seeded(4)
  const tail = timed(2, 10_000, ms => next() < 0.03 ? ms * 20 : ms)
  t.notOk(reported(tail).includes('latency/p50'))
  t.ok(reported(tail).includes('latency/p99'))
  const { raw, noise, kind } = at(tail, 'latency/p99')!
  t.equal(kind, 'latency')
  t.ok(raw.rate > noise.rate)
  t.ok(tail.summary().p99Ratio! > 1.25)
})

t.test('the more may be reported by chance, the more it takes', async t => {
  const verdict = (paths: number) => {
    const { ledger } = ledgerOf({ paths })
    pairs(ledger, 12, 'body/a')
    repeats(ledger, 12)
    return at(ledger, 'body/a')
  }
  t.match(verdict(1), { verdict: 'difference' })
  t.match(verdict(10_000), { verdict: 'undecided' })
  t.equal((1 - verdict(1)!.confidence!).toFixed(6), (4 / Math.exp(rateEvidence(12, 12, 0, 12))).toFixed(6))
  const { ledger } = ledgerOf()
  const slow = () => ledger.compared({ live: answer({ headMs: 10 }), shadow: answer({ headMs: 30 }), comparison: null })
  for (let i = 0; i < 30; i++) slow()
  t.match(at(ledger, 'latency/p50'), { verdict: 'undecided' }, 'the best of 160 limits')
  slow()
  t.match(at(ledger, 'latency/p50'), { verdict: 'difference', raw: { count: 31, rate: 1 }, noise: { count: 0, rate: 0 } })
})

t.test('what is sure of the median says nothing of the tail', async t => {
  const { ledger } = ledgerOf()
  for (let i = 0; i < 506; i++) ledger.compared({ live: answer({ headMs: i < 6 ? 100 : 10 }), shadow: answer({ headMs: i < 6 ? 500 : 12 }), comparison: null })
  t.equal(at(ledger, 'latency/p50'), undefined, 'a fifth slower')
  t.match(at(ledger, 'latency/p99'), { verdict: 'undecided' })
})

t.test('a faster shadow, or one slower by less than a quarter or a millisecond, is no fault', async t => {
  t.same(reported(timed(1, 3000, ms => ms / 2)), [])
  t.same(reported(timed(1, 3000, ms => ms * 1.1)), [])
  const { ledger: fifth } = ledgerOf()
  const draw = times(1)
  for (let i = 0; i < 2000; i++) {
    const ms = draw()
    fifth.compared({ live: answer({ headMs: ms }), shadow: answer({ headMs: ms * 1.2 }), comparison: null })
  }
  t.same(reported(fifth), [])
  const { ledger } = ledgerOf()
  for (let i = 0; i < 2000; i++) ledger.compared({ live: answer({ headMs: 0.2 }), shadow: answer({ headMs: 0.8 }), comparison: null })
  t.same(reported(ledger), [])
})
