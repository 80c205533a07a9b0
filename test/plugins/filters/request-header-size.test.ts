import t from 'tap'
import requestHeaderSize from '../../../plugins/filters/request-header-size/index.ts'
import { mount } from '../../../src/testing/index.ts'

t.test('lets a header of exactly the limit pass and refuses one byte more', async t => {
  const { call, decisions } = mount(requestHeaderSize, '10B')
  t.equal((await call({ headers: { 'x-a': '1234567' } })).status, 200)
  const { status, reply, text } = await call({ headers: { 'x-a': '12345678' } })
  t.equal(status, 431)
  t.equal(reply.code, 'GW_HEADERS_TOO_LARGE')
  t.match(JSON.parse(text), { detail: 'the header x-a is larger than 10 bytes' })
  t.equal(decisions('refused'), 1)
})

t.test('counts the name once and every value', async t => {
  const { call } = mount(requestHeaderSize, { maxSize: '10B' })
  t.equal((await call({ headers: { 'x-a': ['123', '4567'] } })).status, 200)
  t.equal((await call({ headers: { 'x-a': ['1234', '5678'] } })).status, 431)
})

t.test('counts each header by itself', async t => {
  const { call } = mount(requestHeaderSize, { maxSize: '10B' })
  t.equal((await call({ headers: { 'x-a': '1234567', 'x-b': '1234567' } })).status, 200)
})

t.test('takes 16000 bytes where it is not told', async t => {
  const { call } = mount(requestHeaderSize)
  t.equal((await call({ headers: { 'x-a': 'a'.repeat(15_997) } })).status, 200)
  t.equal((await call({ headers: { 'x-a': 'a'.repeat(15_998) } })).status, 431)
})

t.test('repeats no more than the beginning of a long name', async t => {
  const { call } = mount(requestHeaderSize, '100B')
  const { text } = await call({ headers: { ['x'.repeat(200)]: '1' } })
  t.equal((JSON.parse(text) as { detail: string }).detail, `the header ${'x'.repeat(64)} is larger than 100 bytes`)
})

t.test('only counts where it only reports', async t => {
  const { call, decisions } = mount(requestHeaderSize, '1B', {}, { report: true })
  t.equal((await call({ headers: { 'x-a': '1' } })).status, 200)
  t.equal(decisions('would-refuse'), 1)
})

t.test('refuses a size without a unit', async t => {
  t.throws(() => mount(requestHeaderSize, { maxSize: 1000 }), { errors: [{ code: 'GW_CONFIG_INVALID', pointer: '/request-header-size/maxSize' }] })
})

t.test('reads Spring\'s sizes, in which KB is 1024 bytes', async t => {
  const { toConfig } = requestHeaderSize.spring!
  for (const [written, maxSize] of [['16000', '16000B'], ['1000B', '1000B'], ['5KB', '5KiB'], ['1MB', '1MiB'], ['1GB', '1GiB']] as const) {
    t.same(toConfig!({ maxSize: written }), { maxSize })
    t.doesNotThrow(() => mount(requestHeaderSize, { maxSize }))
  }
  t.same(toConfig!({}), {})
  t.throws(() => mount(requestHeaderSize, toConfig!({ maxSize: 'many' })), { errors: [{ pointer: '/request-header-size/maxSize' }] })
})

t.test('loads Spring\'s errorHeaderName only where it is the default', async t => {
  const { toConfig } = requestHeaderSize.spring!
  t.same(toConfig!({ maxSize: '1B', errorHeaderName: 'errorMessage' }), { maxSize: '1B' })
  t.throws(() => toConfig!({ errorHeaderName: 'X-Error' }), { code: 'GW_CONFIG_NO_EQUIVALENT', pointer: '/errorHeaderName' })
})
