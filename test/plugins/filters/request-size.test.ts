import t from 'tap'
import requestSize from '../../../plugins/filters/request-size/index.ts'
import type { Dispatch } from '../../../src/contract/index.ts'
import { mount, reply } from '../../../src/testing/index.ts'

/** An upstream that reads the body it is sent. */
const reads: Dispatch = async x => {
  const bytes = await x.body.hold(Infinity)
  return reply({ body: bytes })
}

t.test('lets a body through that is just small enough', async t => {
  for (const body of ['12345', ['12', '345']]) {
    const { status, text } = await mount(requestSize, '5B', reads).call({ method: 'POST', body })
    t.same([status, text], [200, '12345'])
  }
})

t.test('lets a request through that has no body', async t => {
  t.equal((await mount(requestSize, '0B', reads).call()).status, 200)
})

t.test('refuses at once where the declared length is too large', async t => {
  const { call, decisions } = mount(requestSize, '4B', async () => { throw new Error('upstream was called') })
  const { reply, x } = await call({ method: 'POST', body: '12345' })
  t.match(reply, { status: 413, code: 'GW_BODY_TOO_LARGE' })
  t.same([x.attempt, decisions('failed') + decisions('refused')], [0, 1])
})

t.test('refuses a chunked body when the limit is passed', async t => {
  const { reply } = await mount(requestSize, '4B', reads).call({ method: 'POST', body: ['12', '34', '5'] })
  t.match(reply, { status: 413, code: 'GW_BODY_TOO_LARGE' })
})

t.test('the default is 5 MiB', async t => {
  const limits: number[] = []
  const { plan } = mount(requestSize)
  plan.requests[0]!.phases.request!({ limitBody: (max: number) => { limits.push(max) } } as never)
  t.same(limits, [5 * 1024 * 1024])
})

t.test('only counts with report', async t => {
  const { call, decisions } = mount(requestSize, '4B', reads, { report: true })
  const { status, text } = await call({ method: 'POST', body: ['12345'] })
  t.same([status, text, decisions('would-refuse')], [200, '12345', 1])
})

t.test('loads Spring sizes, whose units are powers of 1024', async t => {
  const load = (maxSize?: string) => requestSize.spring!.toConfig!(maxSize === undefined ? {} : { maxSize })
  for (const [written, bytes] of [['5MB', 5 * 1024 ** 2], ['1KB', 1024], ['2GB', 2 * 1024 ** 3], ['1TB', 1024 ** 4], ['16B', 16], ['16000', 16000], [' +7 ', 7]] as const) {
    t.same(load(written), { maxSize: `${bytes}B` }, written)
  }
  t.doesNotThrow(() => mount(requestSize, load()))
  t.doesNotThrow(() => mount(requestSize, load('5MB')))
  for (const written of ['1.5MB', '5MiB', '5mb', '-1', 'x', '']) t.throws(() => load(written), { code: 'GW_CONFIG_INVALID', pointer: '/maxSize' }, written)
})

t.test('asks for a unit', async t => {
  for (const size of [5, '5', '5mb', '-1B', '']) t.throws(() => mount(requestSize, size), { errors: [{ code: 'GW_CONFIG_INVALID', pointer: '/request-size' }] }, String(size))
})
