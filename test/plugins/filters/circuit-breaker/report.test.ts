import t from 'tap'
import { reply } from '../../../../src/testing/index.ts'
import { opened } from './breaking.ts'

t.test('only reports what it would have kept away', async t => {
  const { call, upstream, decisions, clock, states } = await opened({}, { report: true })
  t.equal((await call()).text, 'down')
  t.same([upstream.asked, decisions('would-refuse'), decisions('refused')], [1, 1, 0])
  clock.advance(10_000)
  upstream.answer = {}
  t.equal((await call()).status, 200)
  t.same(states(), { 'test/circuit-breaker': 'closed' })
  t.equal(decisions('would-refuse'), 1)
})

t.test('only reports of endpoints and of trials too, and leaves no gate behind', async t => {
  const room = await opened({ by: 'endpoint' }, { report: true })
  const { x, text } = await room.call()
  t.same([text, room.upstream.asked, room.decisions('would-refuse'), x.gates], ['down', 1, 1, null])
  const trial = await opened({}, { report: true })
  trial.clock.advance(10_000)
  const waiting = Promise.withResolvers<void>()
  trial.upstream.answer = async () => { await waiting.promise; return reply() }
  const first = trial.call()
  trial.upstream.answer = {}
  t.equal((await trial.call()).status, 200)
  waiting.resolve()
  t.equal((await first).status, 200)
})

t.test('reports nothing of requests without the key', async t => {
  const { call, decisions } = await opened({ by: { header: 'X-Tenant' }, emptyKey: 'allow' }, { report: true })
  await call()
  t.same([decisions('would-refuse'), decisions('passed')], [0, 3])
})
