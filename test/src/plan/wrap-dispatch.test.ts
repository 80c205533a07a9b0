import t from 'tap'
import { GatewayError, problem, type Dispatch, type Exchange } from '../../../src/contract/index.ts'
import { reply } from '../../../src/testing/index.ts'
import { room, route } from './one-route.ts'

t.test('a filter around the call counts every call that others make of it', async t => {
  const twice = room('twice', { dispatch: next => async x => { await next(x); return await next(x) } })
  const { call, decisions } = route([twice, room('inner', { dispatch: next => next })])
  await call()
  t.same([decisions('twice'), decisions('inner')], [{ passed: 1 }, { passed: 2 }])
})

t.test('a filter around the call counts every call that it refuses', async t => {
  const twice = room('twice', { dispatch: next => async x => { await next(x); return await next(x) } })
  const { call, decisions } = route([twice, room('inner', { dispatch: () => async x => problem('GW_OVERLOADED', x.id) })])
  t.equal((await call()).reply.code, 'GW_OVERLOADED')
  t.same([decisions('twice'), decisions('inner')], [{ passed: 1 }, { refused: 2 }])
})

t.test('what comes of a call is told apart for each filter around it', async t => {
  const through = room('through', { dispatch: next => next })
  const answers = room('answers', { dispatch: next => async x => x.headers.has('x-call') ? await next(x) : reply({ status: 203 }) })
  const { call, decisions } = route([through, answers, room('inner', { dispatch: next => next })])
  t.equal((await call()).reply.status, 203)
  t.same([decisions('through'), decisions('answers'), decisions('inner')], [{ passed: 1 }, { answered: 1 }, {}])
  t.equal((await call({ headers: { 'x-call': '1' } })).reply.status, 200)
  t.same([decisions('through'), decisions('answers'), decisions('inner')], [{ passed: 2 }, { answered: 1, passed: 1 }, { passed: 1 }])
})

t.test('a call made for an earlier try is not one of this', async t => {
  const twice = room('twice', { dispatch: next => async x => { await next(x); return await next(x) } })
  let tries = 0
  const once = room('once', { dispatch: next => async x => ++tries === 1 ? await next(x) : reply({ status: 203 }) })
  const { call, decisions } = route([twice, once])
  t.equal((await call()).reply.status, 203)
  t.same(decisions('once'), { passed: 1, answered: 1 })
})

t.test('a filter has no part in the call where its condition does not hold', async t => {
  const { call } = route([room('f', { dispatch: () => async () => t.fail('it has') as never })], { filters: [{ f: null, when: 'request.method == "PUT"' }] })
  t.equal((await call()).reply.status, 200)
})

t.test('a failure inside is a reply to the filters around', async t => {
  const seen: unknown[] = []
  const looks = room('looks', {
    dispatch: next => async x => {
      const reply = await next(x)
      seen.push(reply.code)
      return reply
    }
  })
  const { call, decisions } = route([looks, room('fails', { dispatch: () => async () => { throw new Error('a bug') } })])
  t.equal((await call()).reply.code, 'GW_FILTER_FAILED')
  t.same([seen, decisions('looks'), decisions('fails')], [['GW_FILTER_FAILED'], { passed: 1 }, { failed: 1 }])
})

t.test('a filter that the call never gets to has let the request pass, if it has seen it', async t => {
  const cache = room('cache', { dispatch: () => async () => reply() })
  const { call, decisions } = route([cache, room('both', { request: () => {}, dispatch: next => next }), room('around', { dispatch: next => next })])
  await call()
  t.same([decisions('cache'), decisions('both'), decisions('around')], [{ answered: 1 }, { passed: 1 }, {}])
})

t.test('a call that is only reported is made, and made once', async t => {
  for (const [what, dispatch] of [
    ['refused before it', () => async (x: Exchange) => problem('GW_OVERLOADED', x.id)],
    ['refused after it', (next: Dispatch) => async (x: Exchange) => { await next(x); return problem('GW_OVERLOADED', x.id) }],
    ['given up while it goes on', (next: Dispatch) => async (x: Exchange) => { void next(x); return problem('GW_OVERLOADED', x.id) }],
    ['refused by what is thrown', (next: Dispatch) => async (x: Exchange) => { await next(x); throw new GatewayError('GW_OVERLOADED') }]
  ] as const) {
    let asked = 0
    const { call, decisions } = route([room('f', { dispatch }, ['GW_OVERLOADED'])], {
      filters: [{ f: null, report: true }],
      upstream: async () => { await null; asked++; return reply({ status: 201 }) }
    })
    t.equal((await call()).reply.status, 201, what)
    t.same([asked, decisions('f')], [1, { 'would-refuse': 1 }], what)
  }
})
