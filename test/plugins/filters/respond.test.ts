import t from 'tap'
import respond from '../../../plugins/filters/respond/index.ts'
import { mount } from '../../../src/testing/index.ts'

const never = async () => { throw new Error('upstream was called') }

t.test('answers 200 with nothing by default, and calls no upstream', async t => {
  const { call, decisions } = mount(respond, null, never)
  const { reply, x } = await call()
  t.match(reply, { status: 200, body: null, code: null, trailers: null })
  t.same([reply.headers.flat, x.attempt, decisions('answered')], [[], 0, 1])
})

for (const [config, text, type] of [
  ['hello', 'hello', 'text/plain; charset=utf-8'],
  [{ body: '' }, '', 'text/plain; charset=utf-8'],
  [{ body: '<p>', contentType: 'text/html' }, '<p>', 'text/html'],
  [{ body: 'x', headers: { 'Content-Type': 'text/x' } }, 'x', 'text/x'],
  [{ body: '{{"a": 1}}' }, '{"a": 1}', 'text/plain; charset=utf-8'],
  [{ json: { a: [1, '{x}', null] } }, '{"a":[1,"{x}",null]}', 'application/json'],
  [{ json: null }, 'null', 'application/json'],
  [{ json: false, contentType: 'application/x+json' }, 'false', 'application/x+json']
] as const) {
  t.test(`${JSON.stringify(config)} answers ${text} as ${type}`, async t => {
    const called = await mount(respond, config, never).call()
    t.same([called.status, called.text, called.reply.headers.all('content-type')], [200, text, [type]])
  })
}

t.test('sends the status and the headers it was given', async t => {
  const { reply, status } = await mount(respond, { status: 503, headers: { 'Retry-After': '60', 'X-A~b': 'c' } }).call()
  t.same([status, reply.headers.flat], [503, ['retry-after', '60', 'x-a~b', 'c']])
})

t.test('puts captured variables into body and headers', async t => {
  const { reply } = await mount(respond, { body: 'no {id}', headers: { 'x-id': 'n-{id}' } }).call({ params: { id: 'a%20b' } })
  t.same([reply.body, reply.headers.get('x-id')], ['no a%20b', 'n-a%20b'])
})

t.test('gives every request headers of its own', async t => {
  const { call } = mount(respond, { body: 'x', headers: { 'x-a': '1' } })
  const first = await call()
  first.reply.headers.set('x-a', '2')
  t.equal((await call()).reply.headers.get('x-a'), '1')
})

t.test('refuses keys that have no effect', async t => {
  for (const [config, pointer] of [
    [{ body: 'a', json: 1 }, '/body'],
    [{ contentType: 'text/plain' }, '/contentType'],
    [{ body: 'a', contentType: 'text/plain', headers: { 'content-type': 'text/html' } }, '/contentType'],
    [{ status: 204, body: 'a' }, '/body'],
    [{ status: 304, json: {} }, '/json']
  ] as const) {
    t.throws(() => mount(respond, config), { errors: [{ code: 'GW_CONFIG_NO_EFFECT', pointer: `/respond${pointer}` }] }, JSON.stringify(config))
  }
  t.throws(() => mount(respond, 'a', {}, { report: true }), { errors: [{ code: 'GW_CONFIG_NO_EFFECT' }] })
})

t.test('names the key that is wrong', async t => {
  for (const [config, pointer] of [
    [{ status: 199 }, '/status'],
    [{ body: '{' }, '/body'],
    [{ headers: { 'a b': 'c' } }, '/headers/a b'],
    [{ headers: { 'a/~': 'c' } }, '/headers/a~1~0'],
    [{ headers: { a: '{' } }, '/headers/a'],
    [{ headers: { a: 'b\r\nc: d' } }, '/headers/a'],
    [{ headers: { 'Content-Length': '1' } }, '/headers/Content-Length'],
    [{ headers: { 'transfer-encoding': 'chunked' } }, '/headers/transfer-encoding'],
    [{ body: 'a', contentType: 'a\nb' }, '/contentType']
  ] as const) {
    t.throws(() => mount(respond, config), { errors: [{ code: 'GW_CONFIG_INVALID', pointer: `/respond${pointer}` }] }, JSON.stringify(config))
  }
})
