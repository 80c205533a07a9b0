import t from 'tap'
import { comparer } from '../../../../plugins/filters/shadow/diff/comparer.ts'
import { CompareSchema } from '../../../../plugins/filters/shadow/diff/compare-schema.ts'
import { Ledger } from '../../../../plugins/filters/shadow/ledger/ledger.ts'
import { LEDGER } from '../../../../plugins/filters/shadow/ledger/ledger-schema.ts'
import { Config } from '../../../../src/contract/units.ts'
import { validate } from '../../../../src/contract/validate.ts'
import { fakeServices } from '../../../../src/testing/index.ts'
import { answerOf, document, draws, noisy, planted } from './planted.ts'

/** `--pairs 100000` for as many as the documentation speaks of. */
const at = process.argv.indexOf('--pairs')
const PAIRS = at < 0 ? 4000 : Number(process.argv[at + 1])
const REPLAYED = 0.01
const LEARNED_FIRST = 50

const decoded = <T>(schema: Parameters<typeof validate>[0]): T => validate(schema, {}).value as T

for (const source of ['replay', 'secondary'] as const) {
  t.test(`${PAIRS} pairs that differ by themselves alone, with a ${source}: nothing is reported`, async t => {
    const services = fakeServices()
    const compare = comparer(decoded(CompareSchema), services, '')
    const ledger = new Ledger(decoded(Config(LEDGER)), 'next', services)
    const draw = draws(source.length)
    const answer = (n: number) => answerOf(planted(noisy(document(3, n), draw)))
    const startMs = performance.now()
    for (let n = 0; n < PAIRS; n++) {
      const live = answer(n % 500)
      const shadow = answer(n % 500)
      const same = { ...live, headMs: 1 + draw() * 20 }
      ledger.compared({ live: same, shadow: { ...shadow, headMs: 1 + draw() * 20 }, comparison: await compare(live, shadow) })
      if (source === 'secondary' || n < LEARNED_FIRST || draw() < REPLAYED) {
        const other = answer(n % 500)
        ledger.noise({ live, other, comparison: await compare(live, other) })
      }
    }
    const view = ledger.view()
    t.equal(view.compared, PAIRS)
    t.same(view.differences.filter(({ verdict }) => verdict === 'difference'), [])
    if (at >= 0) t.comment(`${view.noiseComparisons} noise comparisons, ${view.equal} equal, ${view.noise} noise, ${view.undecided} undecided, ${view.different} different; ${((performance.now() - startMs) / PAIRS * 1000).toFixed(0)} us a pair`)
  })
}
