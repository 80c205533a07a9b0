import { once } from 'node:events'
import t from 'tap'
import { startGateway } from './harness/gateway.ts'
import { probe } from './harness/filters.ts'
import { rawClient } from './harness/raw-client.ts'
import { rawUpstream } from './harness/raw-upstream.ts'

const GET = 'GET /x HTTP/1.1\r\nHost: gw.test\r\n\r\n'
const CHUNKED = 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n'
const chunk = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n`

t.test('each event of a stream is with the client before the next is sent', async t => {
  const upstream = await rawUpstream(t, ({ socket }) => { socket.write(CHUNKED) })
  const { port } = await startGateway(t, { upstream: upstream.url })
  const client = (await rawClient(t, port)).send(GET)
  const { socket } = await upstream.request()
  await client.reader.until('text/event-stream')
  t.pass('the head is there before any event')
  for (const event of ['data: one\n\n', 'data: two\n\n', 'data: three\n\n']) {
    socket.write(chunk(event))
    await client.reader.until(event)
  }
  socket.write('0\r\n\r\n')
  t.equal((await client.answer()).text, 'data: one\n\ndata: two\n\ndata: three\n\n')
})

t.test('a body with a length is not held back either', async t => {
  const upstream = await rawUpstream(t, ({ socket }) => { socket.write('HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\none') })
  const { port } = await startGateway(t, { upstream: upstream.url })
  const client = (await rawClient(t, port)).send(GET)
  await client.reader.until('one')
  upstream.requests[0]!.socket.write('two')
  const { text, header } = await client.answer()
  t.same([text, header('content-length')], ['onetwo', '6'])
})

t.test('each piece of an upload is with upstream before the next is sent', async t => {
  const upstream = await rawUpstream(t, () => {}, { early: true })
  const { port } = await startGateway(t, { upstream: upstream.url })
  const client = (await rawClient(t, port)).send(`POST /x HTTP/1.1\r\nHost: gw.test\r\nTransfer-Encoding: chunked\r\n\r\n${chunk('one')}`)
  const { reader } = await upstream.request()
  await reader.until('one')
  client.send(chunk('two'))
  await reader.until('two')
  t.pass('pieces arrive as they are sent')
})

t.test('a filter that is slow with the answer loses none of its body', async t => {
  let go = (): void => {}
  const slow = probe('slow', { response: () => new Promise(resolve => { go = resolve }) })
  const body = 'x'.repeat(300_000)
  const upstream = await rawUpstream(t, ({ socket }) => {
    socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n`)
    socket.write(body.slice(0, 200_000))
  })
  const { port } = await startGateway(t, { upstream: upstream.url, filters: [slow], route: { filters: ['slow'] } })
  const client = (await rawClient(t, port)).send(GET)
  const { socket } = await upstream.request()
  socket.write(body.slice(200_000))
  await new Promise(resolve => { setTimeout(resolve, 20) })
  go()
  t.equal((await client.answer()).text === body, true)
})

t.test('a body that a filter found too large to hold is whole all the same', async t => {
  const peek = probe('peek', {
    response: async x => {
      const { body } = x.reply!
      if (body !== null && typeof body === 'object' && 'hold' in body) x.reply!.headers.set('x-held', String(await body.hold(100_000)))
    }
  })
  const body = 'x'.repeat(400_000)
  const upstream = await rawUpstream(t, ({ socket }) => { socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`) })
  const { port } = await startGateway(t, { upstream: upstream.url, filters: [peek], route: { filters: ['peek'] } })
  const { text, header } = await (await rawClient(t, port)).ask(GET)
  t.same([text === body, header('x-held')], [true, 'null'])
})

t.test('a client that reads slowly slows upstream down, and gets everything', async t => {
  const total = 20_000_000
  const upstream = await rawUpstream(t, ({ socket }) => { socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${total}\r\n\r\n`) })
  const { port } = await startGateway(t, { upstream: upstream.url })
  const client = await rawClient(t, port)
  client.socket.pause()
  client.send(GET)
  const { socket } = await upstream.request()
  const piece = Buffer.alloc(65_536, 'x')
  let sent = 0
  while (sent < total) {
    const next = piece.subarray(0, Math.min(piece.length, total - sent))
    sent += next.length
    if (!socket.write(next) && await Promise.race([once(socket, 'drain').then(() => false), new Promise<boolean>(resolve => { setTimeout(resolve, 200, true) })])) break
  }
  t.ok(sent < total, `upstream had to wait after ${sent} bytes`)
  const rest = async () => {
    while (sent < total) {
      const next = piece.subarray(0, Math.min(piece.length, total - sent))
      sent += next.length
      if (!socket.write(next)) await once(socket, 'drain')
    }
  }
  client.socket.resume()
  const [{ body }] = await Promise.all([client.answer(), rest()])
  t.equal(body.length, total)
})
