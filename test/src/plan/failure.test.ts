import t from 'tap'
import { GatewayError, heldBody, problem, refuse, type BodyStream, type Dispatch, type Phases } from '../../../src/contract/index.ts'
import { reply } from '../../../src/testing/index.ts'
import { room, route } from './one-route.ts'

for (const [what, phases] of Object.entries({
  request: { request: () => { throw new TypeError('a secret') } },
  'request, later': { request: async () => { throw new TypeError('a secret') } },
  dispatch: { dispatch: () => () => { throw new TypeError('a secret') } },
  'dispatch, later': { dispatch: () => async () => { throw new TypeError('a secret') } },
  response: { response: () => { throw new TypeError('a secret') } },
  'response, later': { response: async () => { throw new TypeError('a secret') } }
}) as [string, Phases][]) {
  t.test(`what a filter throws in ${what} is 500 GW_FILTER_FAILED, told to the log and to nobody else`, async t => {
    const { call, log, services } = route([room('f', phases)])
    const { reply } = await call()
    t.match(reply, { status: 500, code: 'GW_FILTER_FAILED' })
    t.notMatch(reply.body, 'secret')
    t.match([...log.lines, ...services.log.lines], [{
      level: 'error', fields: { error: { message: 'a secret' }, 'error.code': 'GW_FILTER_FAILED', 'gatehouse.route': 'r', 'gatehouse.filter': 'f', 'http.request.id': 'test-request' }
    }])
  })
}

for (const phase of ['request', 'dispatch', 'response'] as const) {
  t.test(`an expected failure in ${phase} keeps its code and detail, and is no line in the log`, async t => {
    const fail = () => { throw new GatewayError('GW_BAD_BODY', 'the digest differs') }
    const { call, log, services } = route([room('f', phase === 'dispatch' ? { dispatch: () => async () => fail() } : { [phase]: fail })])
    const { reply } = await call()
    t.match(reply, { status: 400, code: 'GW_BAD_BODY' })
    t.match(JSON.parse(reply.body as string), { detail: 'the digest differs' })
    t.same([...log.lines, ...services.log.lines], [])
  })
}

t.test('a condition that cannot be evaluated is 500 GW_EXPRESSION_FAILED', async t => {
  for (const when of ['params["none"] == "1"', 'int(reply.header("x") + "x") == 1']) {
    t.match((await route([room('f', { response: () => {} })], { filters: [{ f: null, when }] }).call()).reply, { status: 500, code: 'GW_EXPRESSION_FAILED' })
  }
})

for (const [what, upstream] of Object.entries({
  rejects: async (): Promise<never> => { throw new Error('a secret') },
  throws: () => { throw new Error('a secret') },
  'gives nothing': async (): Promise<unknown> => undefined,
  'gives no reply': async (): Promise<unknown> => 'text'
}) as unknown as [string, Dispatch][]) {
  t.test(`an upstream that ${what} is 500 GW_INTERNAL, and none of the filters' doing`, async t => {
    for (const rooms of [[], [room('f', { dispatch: next => next })]]) {
      const { call, log, services, decisions } = route(rooms, { upstream })
      const { reply } = await call()
      t.match(reply, { status: 500, code: 'GW_INTERNAL' })
      t.notMatch(reply.body, 'secret')
      t.equal([...log.lines, ...services.log.lines].length, 1)
      t.same(decisions('f'), rooms.length === 0 ? {} : { passed: 1 })
    }
  })
}

/** A body that is still arriving, and whether somebody has let go of it. */
function stream (ended = false): BodyStream & { cancelled: Error[] } {
  const cancelled: Error[] = []
  return { ended, cancelled, hold: async () => null, copy: max => heldBody(null).copy(max), cancel: reason => { cancelled.push(reason) } }
}

for (const [what, phases, lets] of [
  ['a reply that is refused', { response: x => { refuse(x, 'GW_FORBIDDEN') } }, true],
  ['a reply that a filter fails at', { response: () => { throw new Error('a bug') } }, true],
  ['a reply that a filter refuses by what it throws', { response: async () => { throw new GatewayError('GW_FORBIDDEN') } }, true],
  ['a reply that is replaced', { response: x => { x.reply = reply({ body: 'text' }) } }, true],
  ['a body that is replaced', { response: x => { x.reply!.body = 'text' } }, true],
  ['a body that is dropped', { response: async x => { x.reply!.body = null } }, true],
  ['a body that another stream reads', { response: x => { x.reply!.body = stream() } }, false],
  ['a reply whose body is kept', { response: x => { x.reply = { ...x.reply!, status: 201 } } }, false],
  ['a call whose reply is refused', { dispatch: next => async x => { await next(x); return problem('GW_OVERLOADED', x.id) } }, true],
  ['a call whose reply is replaced', { dispatch: next => async x => { await next(x); return reply({ body: 'text' }) } }, true],
  ['a call after which a filter fails', { dispatch: next => async x => { await next(x); throw new Error('a bug') } }, true],
  ['a call that a filter does not wait for', { dispatch: next => async x => { void next(x); return problem('GW_OVERLOADED', x.id) } }, true],
  ['a call that a filter does not wait for, and answers itself', { dispatch: next => async x => { void next(x); return reply() } }, true],
  ['a call whose reply is changed', { dispatch: next => async x => ({ ...await next(x), status: 201 }) }, false],
  ['a call', { dispatch: next => next }, false]
] as [string, Phases, boolean][]) {
  t.test(`the body of ${what} is ${lets ? 'let go of' : 'left alone'}`, async t => {
    const body = stream()
    const { call } = route([room('f', phases, ['GW_FORBIDDEN', 'GW_OVERLOADED'])], { upstream: async () => { await null; return { ...reply(), body } } })
    await call()
    await new Promise(setImmediate)
    t.equal(body.cancelled.length, lets ? 1 : 0)
    if (lets) t.type(body.cancelled[0], GatewayError)
  })
}

t.test('a body that has ended needs no letting go', async t => {
  const body = stream(true)
  await route([room('f', { response: x => { x.reply!.body = 'text' } })], { upstream: async () => ({ ...reply(), body }) }).call()
  t.same(body.cancelled, [])
})
