import t from 'tap'
import type { Address } from '../../../../src/upstream/address.ts'
import { refresh, type Found } from '../../../../src/upstream/discovery/refresh.ts'
import { sourceDeps } from './source-deps.ts'

const address = (last: number): Address => ({ url: `http://10.0.0.${last}`, weight: 1, zone: null, priority: 0 })
const found = (ttlMs: number, ...last: number[]): Found => ({ ttlMs, addresses: last.map(address) })

/** A source whose answers the test sets: what `answer.now` gives or throws. */
function refreshing (first: Found | Error) {
  const deps = sourceDeps()
  const answer = { now: first }
  const askedMs: number[] = []
  const told: string[] = []
  const source = refresh('test', async () => {
    askedMs.push(deps.clock.monotonic())
    if (answer.now instanceof Error) throw answer.now
    return answer.now
  }, deps, addresses => { told.push(`${deps.clock.monotonic()} ${addresses.map(({ url }) => url.slice(-1)).join('')}`) })
  return { ...deps, answer, askedMs, told, source, messages: () => deps.log.lines.map(({ level, message }) => `${level} ${message.slice(0, 24)}`) }
}

t.test('asks again when the TTL is over, each time for the new one', async t => {
  const { clock, answer, askedMs, told, source, messages } = refreshing(found(10_000, 2, 1))
  await source.asked
  t.same(told, ['0 12'], 'in an order of its own')
  answer.now = found(20_000, 3)
  await clock.pass(30_000)
  t.same([askedMs, told], [[0, 10_000, 30_000], ['0 12', '10000 3', '30000 3']])
  t.same(messages(), [])
  source.close()
})

t.test('asks neither more often than each second nor more rarely than each five minutes', async t => {
  const { clock, answer, askedMs, source } = refreshing(found(0, 1))
  await clock.pass(2000)
  answer.now = found(86_400_000, 1)
  await clock.pass(301_000)
  t.same(askedMs, [0, 1000, 2000, 3000, 303_000])
  source.close()
})

t.test('a failure keeps what is known, for as long as it lasts; it is asked again ever more rarely, and logged once', async t => {
  const { clock, answer, askedMs, told, source, log, messages } = refreshing(found(1000, 1))
  await clock.pass(0)
  answer.now = new Error('SERVFAIL')
  await clock.pass(1000 + 1000 + 2000 + 4000 + 8000 + 16_000 + 30_000 + 30_000)
  t.same(askedMs.map((ms, i) => ms - (askedMs[i - 1] ?? 0)), [0, 1000, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000])
  t.same([told, messages()], [['0 1'], ['warn discovery fails: the add']])
  t.match(log.lines[0]!.fields, { 'gatehouse.upstream': 'orders', 'gatehouse.discovery': 'test', 'error.message': 'SERVFAIL' })
  answer.now = found(1000, 2)
  await clock.pass(30_000)
  t.match(messages(), ['warn discovery fails: the add', 'info discovery has addresses '])
  t.match(told.at(-1), / 2$/)
  source.close()
})

t.test('failures are retried by chance a little sooner', async t => {
  const deps = sourceDeps({ random: { next: () => 0.5 } })
  const source = refresh('test', () => Promise.reject(new Error('no')), deps, () => {})
  await source.asked
  await deps.clock.pass(0)
  t.same(deps.clock.sleeping, [750])
  source.close()
})

t.test('a name without addresses keeps those it had for half a minute', async t => {
  const { clock, answer, told, source, messages } = refreshing(found(1000, 1))
  await clock.pass(0)
  answer.now = found(1000)
  await clock.pass(1000 + 29_999)
  t.same([told, messages()], [['0 1'], ['warn discovery finds no addre']])
  await clock.pass(1)
  t.same(told, ['0 1', '31000 '])
  answer.now = found(1000, 2)
  await clock.pass(5000)
  t.same([told.at(-1), messages().at(-1)], ['36000 2', 'info discovery has addresses '])
  source.close()
})

t.test('empty only now and then is not gone; nor is what cannot be asked', async t => {
  const { clock, answer, told, source } = refreshing(found(1000, 1))
  await clock.pass(0)
  for (let i = 0; i < 20; i++) {
    answer.now = found(1000)
    await clock.pass(5000)
    answer.now = i % 2 === 0 ? found(1000, 1) : new Error('no')
    await clock.pass(5000)
  }
  t.notOk(told.some(one => one.endsWith(' ')))
  source.close()
})

t.test('of a name with thousands of addresses a thousand are taken, the same each time', async t => {
  const deps = sourceDeps()
  const all = Array.from({ length: 3000 }, (_, i) => ({ ...address(0), url: `http://10.0.${i >> 8}.${i & 255}` }))
  const told: (readonly Address[])[] = []
  let turn = 0
  const source = refresh('test', async () => ({ ttlMs: 1000, addresses: turn++ % 2 === 0 ? all : [...all].reverse() }), deps, addresses => { told.push(addresses) })
  await deps.clock.pass(1000)
  t.equal(told[0]!.length, 1000)
  t.same(told[0], told[1])
  source.close()
})

t.test('it has answered also where it fails, or is closed before', async t => {
  await t.resolves(refreshing(new Error('no')).source.asked)
  const deps = sourceDeps()
  const told: unknown[] = []
  const answered = Promise.withResolvers<Found>()
  const source = refresh('test', () => answered.promise, deps, addresses => { told.push(addresses) })
  source.close()
  await source.asked
  answered.resolve(found(1000, 1))
  await deps.clock.pass(10_000)
  t.same([told, deps.clock.sleeping, deps.log.lines], [[], [], []])
})

t.test('nothing stays of it when it is closed, also while it fails', async t => {
  const { clock, source, askedMs, messages } = refreshing(found(1000, 1))
  await clock.pass(0)
  source.close()
  t.same(clock.sleeping, [])
  await clock.pass(10_000)
  t.equal(askedMs.length, 1)
  const deps = sourceDeps()
  const failing = Promise.withResolvers<Found>()
  const other = refresh('test', () => failing.promise, deps, () => {})
  other.close()
  failing.reject(new Error('no'))
  await deps.clock.pass(0)
  t.same([deps.log.lines, messages()], [[], []])
})
