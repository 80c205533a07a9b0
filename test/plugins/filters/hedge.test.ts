import t from 'tap'
import hedge from '../../../plugins/filters/hedge/index.ts'
import type { Exchange } from '../../../src/contract/index.ts'
import { exchange, mount, reply } from '../../../src/testing/index.ts'
import { mounted, ok } from './hedge/mounted.ts'

t.test('an answer that comes soon enough is the only call', async t => {
  const { call, clock, asked, counted } = mounted('50ms')
  const called = call()
  await clock.pass(49)
  asked[0]!.answer(ok('first'))
  t.match(await called, { text: 'first', x: { attempt: 1, aborted: null } })
  await clock.pass(100)
  t.same([asked.length, counted(), clock.sleeping], [1, {}, []])
})

t.test('a second call is made when the answer takes too long, to another endpoint', async t => {
  const { go, clock, asked, counted } = mounted('50ms')
  const x = exchange({ headers: { 'x-a': '1' } })
  x.avoid = ['http://z.test']
  const called = go(x)
  await clock.pass(50)
  t.equal(asked.length, 2)
  t.same(asked[1]!.x.avoid, ['http://z.test', 'http://a.test'])
  t.same([asked[1]!.x.headers.first('x-a'), asked[1]!.x.informant], ['1', null])
  asked[1]!.answer(ok('second'))
  t.match(await called, { body: 'second' })
  t.match(x, { attempt: 2, endpoint: 'http://b.test', upstream: 'orders', aborted: null, avoid: ['http://z.test'] })
  t.same(asked[0]!.gone, ['GW_CLIENT_GONE'], 'the loser is told that nobody waits')
  t.same(counted(), { sent: 1, won: 1 })
})

t.test('the first call may still win', async t => {
  const { call, clock, asked, counted } = mounted('50ms')
  const called = call()
  await clock.pass(60)
  asked[0]!.answer(ok('first'))
  t.match(await called, { text: 'first', x: { attempt: 2, endpoint: 'http://a.test', aborted: null } })
  t.same([asked[0]!.gone, asked[1]!.gone, counted()], [[], ['GW_CLIENT_GONE'], { sent: 1 }])
})

t.test('decides as a filter that lets pass, whoever wins', async t => {
  for (const winner of [0, 1]) {
    const { call, clock, asked, decisions } = mounted('50ms')
    const called = call()
    await clock.pass(50)
    asked[winner]!.answer(ok('here'))
    await called
    t.same([decisions('passed'), decisions('answered')], [1, 0])
  }
})

t.test('a bad answer does not end the other call', async t => {
  for (const bad of [0, 1]) {
    for (const answer of [reply({ status: 503 }), 'GW_UPSTREAM_RESET' as const]) {
      const { call, clock, asked } = mounted('50ms')
      const called = call()
      await clock.pass(50)
      asked[bad]!.answer(answer)
      await clock.pass(1)
      asked[1 - bad]!.answer(ok('good'))
      t.match(await called, { status: 200, text: 'good' })
    }
  }
})

t.test('where all fail, the answer is that of the first', async t => {
  for (const order of [[0, 1], [1, 0]]) {
    const { call, clock, asked } = mounted('50ms')
    const called = call()
    await clock.pass(50)
    for (const i of order) asked[i]!.answer(reply({ status: [503, 500][i]!, body: String(i) }))
    t.match(await called, { status: 503, text: '0', x: { attempt: 2, endpoint: 'http://a.test' } })
  }
})

t.test('a call that fails before the time is not made twice', async t => {
  const { call, clock, asked } = mounted('50ms')
  const called = call()
  await clock.pass(10)
  asked[0]!.answer(reply({ status: 503 }))
  t.equal((await called).status, 503)
  await clock.pass(100)
  t.equal(asked.length, 1)
})

t.test('an answer below 500 is good enough', async t => {
  const { call, clock, asked } = mounted('50ms')
  const called = call()
  await clock.pass(50)
  asked[1]!.answer(reply({ status: 404 }))
  t.equal((await called).status, 404)
})

t.test('no second call when the client has gone or the time of the request is over', async t => {
  const { go, clock, asked } = mounted('50ms')
  const x = Object.assign(exchange(), { deadline: 50 })
  void go(x)
  await clock.pass(60)
  t.equal(asked.length, 1)
})

t.test('only safe methods without a body, and no upgrade', async t => {
  const hedged = async (x: Exchange, config: unknown = '50ms') => {
    const { go, clock, asked } = mounted(config)
    void go(x)
    await clock.pass(60)
    return asked.length === 2
  }
  for (const method of ['GET', 'HEAD', 'OPTIONS']) t.equal(await hedged(exchange({ method })), true, method)
  for (const method of ['TRACE', 'PUT', 'DELETE', 'POST', 'PATCH']) t.equal(await hedged(exchange({ method })), false, method)
  t.equal(await hedged(exchange({ body: 'a' })), false, 'a body')
  t.equal(await hedged(Object.assign(exchange(), { upgrade: 'websocket' })), false, 'an upgrade')
  t.equal(await hedged(exchange({ method: 'TRACE' }), { after: '50ms', methods: 'TRACE' }), true)
  t.equal(await hedged(exchange(), { after: '50ms', methods: ['HEAD'] }), false)
})

t.test('as many calls as the route allows, each after the same time again', async t => {
  const { call, clock, asked, counted } = mounted({ after: '50ms', attempts: 3 })
  const called = call()
  await clock.pass(99)
  t.equal(asked.length, 2)
  await clock.pass(500)
  t.equal(asked.length, 3)
  t.same(asked[2]!.x.avoid, ['http://a.test', 'http://b.test'])
  asked[1]!.answer(ok('second'))
  t.match(await called, { text: 'second', x: { attempt: 3, endpoint: 'http://b.test' } })
  t.same([asked[0]!.gone, asked[2]!.gone, counted()], [['GW_CLIENT_GONE'], ['GW_CLIENT_GONE'], { sent: 2, won: 1 }])
})

t.test('leaves no timer when its route is closed', async t => {
  const { call, clock, asked, close } = mounted('50ms')
  const called = call()
  asked[0]!.answer(ok('here'))
  await called
  t.equal(clock.sleeping.length, 1)
  await close()
  t.equal(clock.sleeping.length, 0)
})

t.test('configurations that make no sense are refused', async t => {
  const refused = (config: unknown, code: string, pointer: string) => { t.throws(() => mount(hedge, config), { errors: [{ code, pointer: `/hedge${pointer}` }] }, JSON.stringify(config)) }
  refused('p100', 'GW_CONFIG_INVALID', '')
  refused({ after: '0ms' }, 'GW_CONFIG_INVALID', '/after')
  refused({ after: '50ms', min: '1ms' }, 'GW_CONFIG_NO_EFFECT', '/min')
  refused({ after: '50ms', max: '1s' }, 'GW_CONFIG_NO_EFFECT', '/max')
  refused({ after: '50ms', samples: 50 }, 'GW_CONFIG_NO_EFFECT', '/samples')
  refused({ min: '2s', max: '1s' }, 'GW_CONFIG_INVALID', '/max')
  refused({ methods: ['PUT'] }, 'GW_CONFIG_INVALID', '/methods/0')
  refused({ attempts: 1 }, 'GW_CONFIG_INVALID', '/attempts')
  t.doesNotThrow(() => mount(hedge, { after: 'p99.9', min: '1ms', max: '1s' }))
})
