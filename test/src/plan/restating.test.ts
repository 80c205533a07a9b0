import t from 'tap'
import { Config, defineFilter, heldBody, type Exchange } from '../../../src/contract/index.ts'
import { run } from '../../../src/plan/run.ts'
import { exchange, fakeLog } from '../../../src/testing/index.ts'
import { planOf, surroundings } from './compiled.ts'

const passes = defineFilter({ name: 'passes', config: Config({}), create: () => ({ request: () => {} }) })

/** A filter that says who is calling, another that does so too, and one that has it said anew to `audience` for a copy of each request. */
function restated () {
  const made: string[] = []
  const says = (name: string, say: (x: Exchange) => void | Promise<void>) => defineFilter({
    name,
    config: Config({}),
    create: () => ({
      request: x => { x.headers.append('x-said', name) },
      restate: audience => {
        made.push(`${name} to ${audience}`)
        return say
      }
    })
  })
  const copies: Exchange[] = []
  const shadows = defineFilter({
    name: 'shadows',
    config: Config({}),
    create: (_config, { restate }) => {
      const anew = ['one', 'two'].map(audience => restate!(audience))
      return {
        request: async x => {
          for (const say of anew) {
            const copy = x.copy(heldBody(null))
            copies.push(copy)
            await say(copy)
          }
        }
      }
    }
  })
  return { made, says, copies, shadows }
}

const said = ({ headers }: Exchange) => headers.all('x-said')

t.test('filters say anew to an audience what they say, in their order and on the copy alone', async t => {
  const { made, says, copies, shadows } = restated()
  const plan = planOf('r', { filters: ['first', 'second', 'passes', 'shadows'] }, surroundings([
    says('first', async x => { await null; x.headers.append('x-said', 'anew') }),
    says('second', x => { x.headers.append('x-said', `after ${x.headers.all('x-said').at(-1)}`) }),
    passes,
    shadows
  ]))
  t.same(made, [], 'nothing before the first copy')
  const x = exchange()
  t.equal((await run(plan, x, { log: fakeLog(), timed: false })).status, 200)
  await run(plan, exchange(), { log: fakeLog(), timed: false })
  t.same(made, ['first to one', 'second to one', 'first to two', 'second to two'], 'once for each audience')
  for (const copy of copies) t.same(said(copy), ['first', 'second', 'anew', 'after anew'])
  t.same(said(x), ['first', 'second'])
})

t.test('a filter whose condition does not hold says nothing anew, wherever it stands', async t => {
  const { says, copies, shadows } = restated()
  const say = (name: string) => says(name, x => { x.headers.append('x-said', `${name} anew`) })
  const plan = planOf('r', { filters: [{ first: null, when: 'request.method == "PUT"' }, { second: null, when: 'request.method == "GET"' }, 'shadows'] }, surroundings([say('first'), say('second'), shadows]))
  await run(plan, exchange({ method: 'GET' }), { log: fakeLog(), timed: false })
  t.same(copies.map(said), [['second', 'second anew'], ['second', 'second anew']])
})

t.test('where nobody has anything to say anew, nothing is waited for', async t => {
  let now: unknown = 'not asked'
  const asks = defineFilter({ name: 'asks', config: Config({}), create: (_config, { restate }) => ({ request: x => { now = restate!('one')(x) } }) })
  const plan = planOf('r', { filters: ['passes', 'asks'] }, surroundings([passes, asks]))
  await run(plan, exchange(), { log: fakeLog(), timed: false })
  t.equal(now, undefined)
})

for (const [how, fails] of [
  ['throws', () => { throw new Error('no key') }],
  ['rejects', async () => { throw new Error('no key') }]
] as const) {
  t.test(`who asks is told where a filter ${how} instead`, async t => {
    const { says, shadows } = restated()
    const plan = planOf('r', { filters: ['first', 'second', 'shadows'] }, surroundings([says('first', fails), says('second', () => { t.fail('the copy is not sent') }), shadows]))
    const log = fakeLog()
    t.equal((await run(plan, exchange(), { log, timed: false })).status, 500)
    t.match(log.lines, [{ fields: { error: { message: 'no key' }, 'gatehouse.filter': 'shadows' } }])
  })
}
