import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import t from 'tap'
import { framing } from './cases/framing.ts'
import { header } from './cases/header.ts'
import { path } from './cases/path.ts'
import { requestLine } from './cases/request-line.ts'
import { request } from './cases/wire-case.ts'
import { holdReply, holdRequest } from './harness/filters.ts'
import { startGateway } from './harness/gateway.ts'
import { okWith } from './harness/raw-upstream.ts'

const CONNECTIONS = 1500
const AT_ONCE = 40

const REQUESTS = [
  ...[...framing, ...path, ...requestLine, ...header].map(({ send }) => typeof send === 'string' ? send : send.join('')),
  request('GET /chat', ['Connection: Upgrade', 'Upgrade: websocket'], 'bytes'),
  request('POST /held/x', ['Expect: 100-continue', 'Content-Length: 5'], 'hello'),
  request('POST /x', ['Trailer: X-Sum', 'Transfer-Encoding: chunked'], '5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n')
]
const ANSWERS = [
  okWith('ok'),
  okWith('ok', 'Connection: close\r\nContent-Disposition: attachment; filename="\xe9"\r\nTrailer: a\r\n'),
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n',
  'HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\nHTTP/1.0 200 OK\r\n\r\nhello',
  'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\nbytes',
  'HTTP/1.1 204 No Content\r\n\r\n',
  'HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n'
]

/** The same numbers in every run (the minimal standard generator of Park and Miller, 1988). */
function draws (seed: number): (below: number) => number {
  let state = seed
  return below => {
    state = state * 48_271 % 0x7fff_ffff
    return state % below
  }
}

/** The text with a few bytes put in, taken out, doubled or changed. */
function mutated (text: string, draw: (below: number) => number): string {
  let bytes = text
  while (draw(2) === 0) {
    const at = draw(bytes.length + 1)
    const odd = String.fromCharCode(draw(256))
    const changes = [bytes.slice(0, at) + odd + bytes.slice(at), bytes.slice(0, at) + bytes.slice(at + 1 + draw(4)), bytes.slice(0, at) + bytes.slice(at, at + 20) + bytes.slice(at), bytes.slice(0, at), bytes.slice(0, at) + odd + bytes.slice(at + 1)]
    bytes = changes[draw(changes.length)]!
  }
  return bytes
}

const pick = <T>(list: readonly T[], draw: (below: number) => number): T => list[draw(list.length)]!

function end (socket: Socket, how: number): void {
  if (how === 0) socket.resetAndDestroy()
  else if (how === 1) socket.destroy()
  else socket.end()
}

/** One client: some bytes, a break anywhere, the rest, and an end of one kind or another. */
async function client (port: number, draw: (below: number) => number): Promise<void> {
  const bytes = mutated(pick(REQUESTS, draw), draw) + (draw(3) === 0 ? mutated(pick(REQUESTS, draw), draw) : '')
  const cut = draw(2) === 0 ? bytes.length : draw(bytes.length + 1)
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: draw(2) === 0 }).on('error', () => {}).resume()
  socket.write(bytes.slice(0, cut), 'latin1')
  setTimeout(() => { if (socket.writable) socket.write(bytes.slice(cut), 'latin1') }, draw(4))
  setTimeout(() => { end(socket, draw(3)) }, draw(40))
  setTimeout(() => { socket.destroy() }, 80)
  await new Promise(resolve => { socket.once('close', resolve) })
}

t.test('whatever bytes come from either side, the gateway stands, and nothing of them is left', async t => {
  const faults: unknown[] = []
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    const note = (fault: unknown) => { faults.push(fault) }
    process.on(event, note)
    t.teardown(() => { process.off(event, note) })
  }
  const draw = draws(20_260_401)
  const upstream = createServer(socket => {
    socket.on('error', () => {}).on('data', () => {
      socket.write(mutated(pick(ANSWERS, draw), draw), 'latin1')
      if (draw(3) === 0) end(socket, draw(3))
    })
  }).listen(0, '127.0.0.1')
  await once(upstream, 'listening')
  t.teardown(() => { upstream.close() })
  const to = { upstream: `http://127.0.0.1:${(upstream.address() as AddressInfo).port}` }
  const { port, gateway, lines } = await startGateway(t, {
    routes: [
      { ...to, id: 'held', predicates: [{ path: ['/held/**', '/a/**'] }], filters: ['hold-request', 'hold-reply'], timeouts: { head: '200ms', idle: '200ms' } },
      { ...to, id: 'all', predicates: [{ path: '/**' }], timeout: '300ms' }
    ],
    filters: [holdRequest, holdReply],
    gateway: { accessLog: false, drain: '3s', trustedProxies: ['127.0.0.1'], limits: { bodyIdleTimeout: '200ms', headersTimeout: '300ms', clientIdleTimeout: '300ms', upgradeIdleTimeout: '200ms' } }
  })
  let left = CONNECTIONS
  await Promise.all(Array.from({ length: AT_ONCE }, async () => { while (left-- > 0) await client(port, draw) }))
  const start = performance.now()
  await gateway.close()
  t.same([faults, lines], [[], []], 'no fault, and nothing to complain about')
  t.ok(performance.now() - start < 2500, 'and no exchange that does not end')
})
