import { createHash } from 'node:crypto'
import { once } from 'node:events'
import t, { type Test } from 'tap'
import { Config, defineFilter, isStream, type BodyCopy, type BodyStream, type CallGate, type Exchange } from '../../src/contract/index.ts'
import { holdRequest } from './harness/filters.ts'
import { startGateway } from './harness/gateway.ts'
import { rawClient } from './harness/raw-client.ts'
import { OK, rawUpstream, type Answering } from './harness/raw-upstream.ts'

const MIB = 1024 ** 2
const LARGE = Buffer.alloc(4 * MIB, 'gatehouse')
const CHUNKED = 'POST /x HTTP/1.1\r\nHost: gw.test\r\nTransfer-Encoding: chunked\r\n'
const post = (length: number): string => `POST /x HTTP/1.1\r\nHost: gw.test\r\nContent-Length: ${length}\r\n\r\n`
const GET = 'GET /x HTTP/1.1\r\nHost: gw.test\r\n\r\n'
const sum = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

/** Waits until a copy has come to something. */
const settled = async (copy: BodyCopy): Promise<string> => {
  await new Promise<void>(resolve => { copy.settled(resolve) })
  return copy.state
}
const inFull = async (copy: BodyCopy) => [await settled(copy), Buffer.from(copy.bytes()).toString(), copy.size]

interface Setup { readonly maxBytes?: number, readonly early?: boolean, readonly copies?: number, readonly gateway?: Readonly<Record<string, unknown>> }

/** A gateway in front of one upstream that copies requests at the call, as a shadow does, and answers at their head; at `/held` bodies are held first. */
async function copying (t: Test, answering: Answering, { maxBytes = 100, early = false, copies = 1, gateway = {} }: Setup = {}) {
  const requests: BodyCopy[] = []
  const answers: BodyCopy[] = []
  let told = () => {}
  const gate: CallGate = {
    admits: () => true,
    enter: x => {
      for (let i = 0; i < copies; i++) requests.push(x.body.copy(maxBytes))
      told()
      return { ended: () => {} }
    }
  }
  const looksOn = defineFilter({
    name: 'looks-on',
    config: Config({}),
    create: () => ({
      dispatch: next => async (x: Exchange) => {
        x.gates = [...x.gates ?? [], gate]
        const reply = await next(x)
        if (isStream(reply.body)) for (let i = 0; i < copies; i++) answers.push((reply.body as BodyStream).copy(maxBytes))
        return reply
      }
    })
  })
  const upstream = await rawUpstream(t, answering, { early })
  const routes = [
    { id: 'held', predicates: [{ path: '/held' }], filters: ['hold-request', 'looks-on'], upstream: upstream.url },
    { id: 'all', predicates: [{ path: '/**' }], filters: ['looks-on'], upstream: upstream.url }
  ]
  const { port } = await startGateway(t, { gateway, routes, filters: [looksOn, holdRequest] })
  const called = new Promise<void>(resolve => { told = resolve })
  return { upstream, requests, answers, called, client: () => rawClient(t, port) }
}

t.test('request bodies are copied as they pass, however they come, and upstream gets the same', async t => {
  const { client, requests, answers, upstream } = await copying(t, ({ socket }) => { socket.write(OK) }, { copies: 2 })
  const one = await client()
  const sent: readonly (readonly [string, string])[] = [
    [`${post(5)}hello`, 'hello'],
    [`${CHUNKED}\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n`, 'hello'],
    [`${CHUNKED}Trailer: X-Sum\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n`, 'hello'],
    [`${CHUNKED}\r\n0\r\n\r\n`, ''],
    [GET, '']
  ]
  for (const [bytes, body] of sent) {
    t.equal((await one.ask(bytes)).text, 'ok')
    t.equal(upstream.requests.at(-1)!.body.toString(), body)
    for (const copy of requests.splice(0)) t.same(await inFull(copy), ['whole', body, body.length], bytes)
    for (const copy of answers.splice(0)) t.same(await inFull(copy), ['whole', 'ok', 2])
  }
  t.equal(upstream.requests[2]!.trailers.length, 1)
})

t.test('a body that is held is whole at the call', async t => {
  const { client, requests } = await copying(t, ({ socket }) => { socket.write(OK) })
  const one = (await client()).send(`${post(5).replace('/x', '/held')}hel`)
  one.send('lo')
  await one.answer()
  t.same([requests[0]!.state, Buffer.from(requests[0]!.bytes()).toString()], ['whole', 'hello'])
})

t.test('large bodies pass whole beside copies that nobody ever lets go of', async t => {
  const { client, requests, answers, upstream } = await copying(t, ({ socket, body }) => {
    socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${body.byteLength}\r\n\r\n`)
    socket.write(body)
  }, { maxBytes: 64 * 1024, copies: 3 })
  const { body } = await (await client()).send(post(LARGE.byteLength)).ask(LARGE)
  t.same([sum(upstream.requests[0]!.body), sum(body)], [sum(LARGE), sum(LARGE)])
  for (const copy of [...requests, ...answers]) {
    t.same([await settled(copy), copy.bytes().byteLength, copy.size], ['over', 65_536, LARGE.byteLength])
    t.ok(LARGE.subarray(0, 65_536).equals(copy.bytes()))
  }
  t.equal(requests.length + answers.length, 6)
})

t.test('large bodies are copied whole where there is room for them', async t => {
  const { client, requests, answers } = await copying(t, ({ socket, body }) => {
    socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n')
    for (let at = 0; at < body.byteLength; at += MIB) {
      socket.write(`${MIB.toString(16)}\r\n`)
      socket.write(body.subarray(at, at + MIB))
      socket.write('\r\n')
    }
    socket.write('0\r\n\r\n')
  }, { maxBytes: LARGE.byteLength })
  t.equal(sum((await (await client()).send(post(LARGE.byteLength)).ask(LARGE)).body), sum(LARGE))
  for (const copy of [requests[0]!, answers[0]!]) t.same([await settled(copy), sum(copy.bytes())], ['whole', sum(LARGE)])
})

t.test('a client that breaks off leaves a broken copy of its body', async t => {
  const { client, requests, called } = await copying(t, () => {}, { early: true })
  for (const [head, rest] of [[post(10), 'hello'], [`${CHUNKED}\r\n`, '5\r\nhello\r\n']] as const) {
    const one = (await client()).send(head + rest)
    await called
    while (requests.at(-1)?.size !== 5) await new Promise(resolve => { setImmediate(resolve) })
    one.socket.resetAndDestroy()
    t.same(await inFull(requests.pop()!), ['broken', 'hello', 5])
  }
})

t.test('an upstream that answers before it has all of the body leaves a broken copy of it', async t => {
  const { client, requests, answers } = await copying(t, ({ socket }) => { socket.end('HTTP/1.1 413 No\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno') }, { early: true })
  const one = (await client()).send(`${post(10)}hello`)
  t.equal((await one.answer()).status, 413)
  t.match(await inFull(requests[0]!), ['broken', /^(hello)?$/, /[05]/])
  t.same(await inFull(answers[0]!), ['whole', 'no', 2])
})

t.test('an answer that arrives bit by bit is copied with the bits, and one that breaks off is broken', async t => {
  const { client, answers, upstream } = await copying(t, ({ socket }) => { socket.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello') })
  const one = (await client()).send(GET)
  await one.reader.until('hello')
  t.same([answers[0]!.state, answers[0]!.size], ['arriving', 5])
  upstream.requests[0]!.socket.write('world')
  t.equal((await one.answer()).text, 'helloworld')
  t.same(await inFull(answers[0]!), ['whole', 'helloworld', 10])
  one.send(GET)
  await one.reader.until('hello')
  upstream.requests[1]!.socket.resetAndDestroy()
  t.equal(await one.ended, 'reset')
  t.same(await inFull(answers[1]!), ['broken', 'hello', 5])
})

t.test('a client that goes in the middle of its answer leaves a broken copy of that', async t => {
  const { client, answers, upstream } = await copying(t, ({ socket }) => { socket.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello') })
  const one = (await client()).send(GET)
  await one.reader.until('hello')
  one.socket.resetAndDestroy()
  t.same(await inFull(answers[0]!), ['broken', 'hello', 5])
  await once(upstream.requests[0]!.socket, 'close')
})

t.test('an answer that waits for a client that does not read is not read for its copy', async t => {
  const total = 64 * MIB
  const { client, answers } = await copying(t, ({ socket }) => {
    socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${total}\r\n\r\n`)
    for (let sent = 0; sent < total; sent += LARGE.byteLength) socket.write(LARGE)
  }, { maxBytes: total })
  const one = await client()
  one.socket.pause()
  one.send(GET)
  while (answers.length === 0) await new Promise(resolve => { setImmediate(resolve) })
  const [copy] = answers
  // Until buffers on the way are full and nothing moves any more
  for (let last = -1; last !== copy!.size;) {
    last = copy!.size
    await new Promise(resolve => { setTimeout(resolve, 30) })
  }
  t.ok(copy!.size < total / 2, `${copy!.size} bytes have passed`)
  copy!.release()
  one.socket.resume()
  t.equal((await one.answer()).body.byteLength, total)
})

t.test('what copies of requests keep is counted with what is held, and they leave half of it to filters that need a body', async t => {
  const { client, requests } = await copying(t, ({ socket }) => { socket.write(OK) }, { gateway: { limits: { heldBytes: '1400B' } }, maxBytes: 1000 })
  const one = await client()
  const body = 'x'.repeat(600)
  const hold = async (size: number) => (await (await client()).ask(`${post(size).replace('/x', '/held')}${'x'.repeat(size)}`)).status
  t.equal((await one.ask(`${post(600)}${body}`)).status, 200)
  t.equal((await one.ask(`${post(600)}${body}`)).status, 200)
  t.same([await settled(requests[0]!), await settled(requests[1]!)], ['whole', 'over'], 'the exchange is over, the copy is not, and who wants another goes without')
  t.equal(await hold(700), 200)
  t.equal(await hold(900), 413)
  for (const copy of requests) copy.release()
  t.equal(await hold(900), 200)
})
