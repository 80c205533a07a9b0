import t from 'tap'
import { Config, defineFilter, GatewayError, heldBody } from '../../../src/contract/index.ts'
import type { Filter, Phases } from '../../../src/contract/room.ts'
import { run } from '../../../src/plan/run.ts'
import { tracePlan } from '../../../src/plan/trace-plan.ts'
import { exchange, mount, reply, type TestRequest } from '../../../src/testing/index.ts'

const filter = (phases: Phases): Filter => defineFilter({ name: 'traced', config: Config({}), refuses: ['GW_FORBIDDEN'], create: () => phases })

/** What a filter with these phases leaves behind, and what goes back. */
async function trace (phases: Phases, request: TestRequest = {}, options = {}) {
  const mounted = mount(filter(phases), null, undefined, options)
  let calls = 0
  const { plan, traces } = tracePlan(mounted.plan, async x => { calls++; x.attempt++; return reply({ headers: { 'x-up': 'yes' } }) })
  const x = exchange(request)
  const answer = await run(plan, x, { log: mounted.services.log, timed: false })
  return { trace: traces[0]!, answer, calls, x }
}

t.test('leaves the route as it was: same answer, same changes', async t => {
  const { answer, calls, x } = await trace({ request: x => { x.headers.set('x-a', '1') }, response: x => { x.reply!.headers.set('x-b', '2') } })
  t.equal(calls, 1)
  t.equal(x.headers.get('x-a'), '1')
  t.same([...answer.headers], [['x-up', 'yes'], ['x-b', '2']])
})

t.test('tells what changed on the way in and on the way out', async t => {
  const { trace: { onRequest, onReply, acts, reached } } = await trace({
    request: x => {
      x.path = '/b'
      x.query = ''
      x.origin = 'http://10.0.0.1'
      x.upstreamHost = 'b'
      x.headers.delete('x-a')
      x.headers.append('x-b', '2')
      x.body.replace(Buffer.from('x'.repeat(100)))
    },
    response: x => {
      x.reply!.status = 204
      x.reply!.body = 'text'
    }
  }, { target: '/a?c', headers: { 'x-a': ['1', '2'], 'x-b': '1' } })
  t.same(acts, ['request', 'response'])
  t.ok(reached)
  t.same(onRequest, [
    { what: 'path', from: ['/a'], to: ['/b'] },
    { what: 'query', from: ['c'], to: [] },
    { what: 'origin', from: [], to: ['http://10.0.0.1'] },
    { what: 'host', from: [], to: ['b'] },
    { what: 'body', from: [], to: [`100 bytes: ${'x'.repeat(80)}…`] },
    { what: 'header x-a', from: ['1', '2'], to: [] },
    { what: 'header x-b', from: ['1'], to: ['1', '2'] }
  ])
  t.same(onReply, [{ what: 'status', from: ['200'], to: ['204'] }, { what: 'body', from: [], to: ['4 bytes: text'] }])
})

t.test('does not look into a body that still arrives', async t => {
  const stream = { ended: false, hold: async () => null, copy: (max: number) => heldBody(null).copy(max), cancel: () => {} }
  const { trace: { onReply } } = await trace({ request: x => { x.reply = { ...reply(), body: stream } }, response: x => { x.reply!.status = 201 } })
  t.same(onReply, [{ what: 'status', from: ['200'], to: ['201'] }])
})

t.test('tells decisions with their code', async t => {
  const forbidden = () => { throw new GatewayError('GW_FORBIDDEN') }
  t.match((await trace({ request: forbidden })).trace, { decisions: new Set(['refused']), code: 'GW_FORBIDDEN' })
  t.match((await trace({ request: forbidden }, {}, { report: true })).trace, { decisions: new Set(['would-refuse']), code: 'GW_FORBIDDEN', report: true })
  t.match((await trace({ dispatch: () => forbidden })).trace, { decisions: new Set(['refused']), code: 'GW_FORBIDDEN' })
  t.match((await trace({ request: x => { x.reply = reply() } })).trace, { decisions: new Set(['answered']), code: null })
  t.match((await trace({ request: () => {} }, {}, { when: 'request.path == "/b"' })).trace, { decisions: new Set(['skipped']), reached: false })
  t.match((await trace({ response: () => { throw new Error('odd') } })).trace, { decisions: new Set(['failed']), code: null, error: 'odd' })
})

t.test('gives nobody a timeout', async t => {
  const { plan } = mount(filter({ request: () => {} }))
  t.equal(tracePlan({ ...plan, config: { ...plan.config, timeoutMs: 5 } }, async () => reply()).plan.config.timeoutMs, null)
})
