import t from 'tap'
import setStatus from '../../../plugins/filters/set-status/index.ts'
import { HeaderList, heldBody, problem } from '../../../src/contract/index.ts'
import { mount, reply } from '../../../src/testing/index.ts'

t.test('gives the reply another status and leaves the rest of it', async t => {
  const called = await mount(setStatus, 201, { status: 404, headers: { 'x-a': '1' }, body: 'text' }).call()
  t.same([called.status, called.text, called.reply.headers.flat], [201, 'text', ['x-a', '1']])
})

t.test('tells the former status as a plain number, once', async t => {
  const called = await mount(setStatus, { status: 200, originalStatusHeader: 'X-Was' }, { status: 404, headers: { 'x-was': ['a', 'b'] } }).call()
  t.same(called.reply.headers.all('x-was'), ['404'])
})

t.test('also applies to an error of the gateway', async t => {
  const called = await mount(setStatus, 503, async x => problem('GW_HEAD_TIMEOUT', x.id)).call()
  t.match(called.reply, { status: 503, code: 'GW_HEAD_TIMEOUT' })
})

for (const status of [204, 205, 304]) {
  t.test(`drops the body where the status becomes ${status}, and gives up on one that still arrives`, async t => {
    const text = await mount(setStatus, status, { headers: { 'content-length': '4', etag: '"a"' }, body: 'text' }).call()
    t.same([text.reply.status, text.reply.body, text.reply.headers.flat], [status, null, ['etag', '"a"']])
    const cancelled: Error[] = []
    const stream = { ended: false, hold: async () => null, copy: (max: number) => heldBody(null).copy(max), cancel: (reason: Error) => { cancelled.push(reason) } }
    const streamed = await mount(setStatus, status, async () => ({ ...reply(), body: stream, trailers: new HeaderList() })).call()
    t.same([streamed.reply.body, streamed.reply.trailers, cancelled.length], [null, null, 1])
    t.equal((await mount(setStatus, status).call()).reply.body, null)
  })
}

t.test('leaves a stream alone where the status has content', async t => {
  const stream = { ended: false, hold: async () => null, copy: (max: number) => heldBody(null).copy(max), cancel: () => { t.fail('cancelled') } }
  t.equal((await mount(setStatus, 500, async () => ({ ...reply(), body: stream })).call()).reply.body, stream)
})

t.test('leaves a connection alone that switches protocols', async t => {
  const socket = {} as import('node:stream').Duplex
  t.equal((await mount(setStatus, 200, async () => ({ ...reply({ status: 101 }), socket })).call()).status, 101)
})

t.test('acts only on the replies that its condition holds for', async t => {
  t.equal((await mount(setStatus, 503, { status: 500 }, { when: 'reply.status == 500' }).call()).status, 503)
  t.equal((await mount(setStatus, 503, { status: 200 }, { when: 'reply.status == 500' }).call()).status, 200)
})

t.test('loads numbers and the names of Spring', async t => {
  const load = (status: string) => mount(setStatus, setStatus.spring!.toConfig!({ status })).call()
  for (const [written, status] of [['401', 401], ['UNAUTHORIZED', 401], ['not_found', 404], ['I_AM_A_TEAPOT', 418], ['NO_CONTENT', 204], ['HTTP_VERSION_NOT_SUPPORTED', 505]] as const) {
    t.equal((await load(written)).status, status, written)
  }
  for (const written of ['CONTINUE', '100', '600', 'NOPE', 'constructor']) t.throws(() => mount(setStatus, setStatus.spring!.toConfig!({ status: written })), { errors: [{ code: 'GW_CONFIG_INVALID', pointer: '/set-status/status' }] }, written)
})

t.test('names the key that is wrong', async t => {
  for (const status of [199, 600, 200.5, '200', 'NOT_FOUND']) t.throws(() => mount(setStatus, status), { errors: [{ code: 'GW_CONFIG_INVALID', pointer: '/set-status' }] }, String(status))
  t.throws(() => mount(setStatus, { status: 200, originalStatusHeader: 'a b' }), { errors: [{ code: 'GW_CONFIG_INVALID', pointer: '/set-status/originalStatusHeader' }] })
  t.throws(() => mount(setStatus, { status: 200, originalStatusHeader: 'Content-Length' }), { errors: [{ pointer: '/set-status/originalStatusHeader' }] })
  t.throws(() => mount(setStatus), { errors: [{ code: 'GW_CONFIG_INVALID', pointer: '/set-status' }] })
})
