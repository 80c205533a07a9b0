import t from 'tap'
import { startGateway } from './harness/gateway.ts'
import { rawClient } from './harness/raw-client.ts'
import { OK, rawUpstream } from './harness/raw-upstream.ts'

const GET = 'GET /x HTTP/1.1\r\nHost: gw.test\r\n\r\n'

t.test('passes 103 Early Hints on at once, with its fields', async t => {
  const upstream = await rawUpstream(t, ({ socket }) => { socket.write('HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload; as=style\r\nLink: </b.js>; rel=preload; as=script\r\nX-A: b\r\n\r\n') })
  const { port } = await startGateway(t, { upstream: upstream.url })
  const client = await rawClient(t, port)
  const hints = await client.ask(GET)
  t.same([hints.status, hints.header('link'), hints.header('x-a')], [103, '</a.css>; rel=preload; as=style, </b.js>; rel=preload; as=script', 'b'])
  upstream.requests[0]!.socket.write(OK)
  const { status, text } = await client.answer()
  t.same([status, text], [200, 'ok'])
})

t.test('passes 102 Processing on', async t => {
  const upstream = await rawUpstream(t, ({ socket }) => { socket.write(`HTTP/1.1 102 Processing\r\n\r\n${OK}`) })
  const { port } = await startGateway(t, { upstream: upstream.url })
  const client = await rawClient(t, port)
  t.same([(await client.ask(GET)).status, (await client.answer()).status], [102, 200])
})

t.test('keeps to itself what is no hint, and hints that are malformed', async t => {
  for (const interim of ['HTTP/1.1 103 Early Hints\r\nX-A: b\r\n\r\n', 'HTTP/1.1 103 Early Hints\r\nLink: nonsense\r\n\r\n', 'HTTP/1.1 199 Odd\r\n\r\n']) {
    const upstream = await rawUpstream(t, ({ socket }) => { socket.write(interim + OK) })
    const { port } = await startGateway(t, { upstream: upstream.url })
    t.equal((await (await rawClient(t, port)).ask(GET)).status, 200)
  }
})

t.test('says nothing in between to HTTP/1.0', async t => {
  const upstream = await rawUpstream(t, ({ socket }) => { socket.write(`HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n${OK}`) })
  const { port } = await startGateway(t, { upstream: upstream.url })
  t.equal((await (await rawClient(t, port)).ask('GET /x HTTP/1.0\r\n\r\n')).status, 200)
})
