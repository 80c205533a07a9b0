import { once } from 'node:events'
import t from 'tap'
import { startGateway } from './harness/gateway.ts'
import { limitBody } from './harness/filters.ts'
import { rawClient, type RawClient } from './harness/raw-client.ts'
import { rawUpstream } from './harness/raw-upstream.ts'

const MIB = 1024 ** 2
const declares = (bytes: number): string => `POST /x HTTP/1.1\r\nHost: gw.test\r\nContent-Length: ${bytes}\r\n\r\n`
const CHUNKED = 'POST /x HTTP/1.1\r\nHost: gw.test\r\nTransfer-Encoding: chunked\r\n\r\n'
const CHUNK = `10000\r\n${'x'.repeat(65_536)}\r\n`

/** Sends until the gateway takes no more or has ended the connection. */
async function sendOn (client: RawClient, piece: string, times: number): Promise<void> {
  for (let i = 0; i < times && client.reader.ending === null && client.socket.writable; i++) {
    if (!client.socket.write(piece, 'latin1')) await Promise.race([once(client.socket, 'drain').catch(() => {}), client.ended])
  }
}

t.test('a declared length over the limit is refused before the body, and a client that sends on gets the answer', async t => {
  const upstream = await rawUpstream(t)
  const { port } = await startGateway(t, { upstream: upstream.url, gateway: { limits: { bodyBytes: '1KiB' } } })
  const client = (await rawClient(t, port)).send(declares(MIB / 2))
  await sendOn(client, 'x'.repeat(65_536), 8)
  const { status, code, header } = await client.answer()
  t.same([status, code, header('connection')], [413, 'GW_BODY_TOO_LARGE', 'close'])
  t.equal(await client.ended, 'fin', 'no reset on the way')
  t.equal(upstream.requests.length, 0)
})

t.test('a chunked body over the limit is refused when it passes it', async t => {
  const upstream = await rawUpstream(t, () => {})
  const { port, line } = await startGateway(t, { upstream: upstream.url, gateway: { limits: { bodyBytes: '100KiB' } } })
  const client = (await rawClient(t, port)).send(CHUNKED)
  await sendOn(client, CHUNK, 6)
  t.same([(await client.answer()).code, await client.ended], ['GW_BODY_TOO_LARGE', 'fin'])
  t.match(await line(({ message }) => message === 'request'), { 'http.response.status_code': 413, 'error.code': 'GW_BODY_TOO_LARGE' })
})

t.test('the smallest limit wins', async t => {
  const upstream = await rawUpstream(t)
  const { port } = await startGateway(t, { upstream: upstream.url, filters: [limitBody], route: { filters: [{ 'limit-body': { maxBytes: 4 } }, { 'limit-body': { maxBytes: 9 } }] } })
  const ask = async (body: string) => (await (await rawClient(t, port)).ask(`POST /x HTTP/1.1\r\nHost: gw.test\r\nTransfer-Encoding: chunked\r\n\r\n${body}0\r\n\r\n`)).status
  t.same([await ask('4\r\nabcd\r\n'), await ask('5\r\nabcde\r\n'), await ask('4\r\nabcd\r\n1\r\ne\r\n')], [200, 413, 413])
})

t.test('a client that sends on and on behind a refusal is cut off', async t => {
  const upstream = await rawUpstream(t)
  const { port } = await startGateway(t, { upstream: upstream.url, gateway: { limits: { bodyBytes: '1KiB' } } })
  const client = (await rawClient(t, port)).send(declares(1024 * MIB))
  const closed = new Promise(resolve => { client.socket.once('close', resolve) })
  const piece = 'x'.repeat(65_536)
  const more = () => { while (!client.socket.destroyed && client.socket.write(piece)); }
  client.socket.on('drain', more)
  more()
  await closed
  t.ok(client.socket.bytesWritten < 100 * MIB, `after ${client.socket.bytesWritten} bytes`)
})

t.test('an answer of upstream that comes before the body has ended reaches the client', async t => {
  const upstream = await rawUpstream(t, ({ socket }) => { socket.end('HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno') }, { early: true })
  const { port, line } = await startGateway(t, { upstream: upstream.url })
  const client = (await rawClient(t, port)).send(declares(64 * MIB))
  client.send('x'.repeat(1000))
  const { status, text, header } = await client.answer()
  t.same([status, text, header('connection')], [413, 'no', 'close'])
  t.equal(await client.ended, 'fin')
  t.match(await line(({ message }) => message === 'request'), { 'http.response.status_code': 413, 'gatehouse.outcome': undefined })
})

t.test('a streamed answer of upstream that ends before the body has is whole, and the connection ends behind it', async t => {
  const upstream = await rawUpstream(t, ({ socket }) => { socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n') }, { early: true })
  const { port } = await startGateway(t, { upstream: upstream.url })
  const client = (await rawClient(t, port)).send(declares(64 * MIB)).send('x'.repeat(1000))
  await client.reader.until('hello')
  upstream.requests[0]!.socket.write('0\r\n\r\n')
  t.same([(await client.answer()).text, await client.ended], ['hello', 'fin'])
})

t.test('both bodies can stream at the same time', async t => {
  const upstream = await rawUpstream(t, ({ socket, reader }) => {
    socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n')
    reader.bytes(5).then(async () => {
      socket.write('4\r\nhalf\r\n')
      await reader.bytes(5)
      socket.write('5\r\nwhole\r\n0\r\n\r\n')
    })
  }, { early: true })
  const { port } = await startGateway(t, { upstream: upstream.url })
  const client = (await rawClient(t, port)).send(declares(10)).send('hello')
  await client.reader.until('half')
  client.send('world')
  t.equal((await client.answer()).text, 'halfwhole')
  t.equal((await client.ask('OPTIONS * HTTP/1.1\r\nHost: gw.test\r\n\r\n')).status, 204, 'and the connection stays')
})

t.test('an answer to a body that is here already costs no connection', async t => {
  const { port } = await startGateway(t, { route: { filters: [{ respond: { body: 'no' } }] } })
  const client = await rawClient(t, port)
  for (const time of ['once', 'twice']) t.equal((await client.ask(`${declares(5)}hello`)).text, 'no', time)
})

t.test('a refusal of a body that is here already costs no connection either', async t => {
  const upstream = await rawUpstream(t)
  const { port } = await startGateway(t, { upstream: upstream.url, gateway: { limits: { bodyBytes: '1KiB' } } })
  const client = (await rawClient(t, port)).send(`${declares(2000)}${'x'.repeat(2000)}GET /1 HTTP/1.1\r\nHost: gw.test\r\n\r\n`)
  t.same([(await client.answer()).status, (await client.answer()).status], [413, 200])
  t.same(upstream.requests.map(({ start }) => start), ['GET /1 HTTP/1.1'])
})
