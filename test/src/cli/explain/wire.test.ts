import { once } from 'node:events'
import { createServer, type AddressInfo, connect, type Socket } from 'node:net'
import t, { type Test } from 'tap'
import { filters, predicates } from '../../../../plugins/index.ts'
import { pinoLog } from '../../../../src/adapters/pino-log.ts'
import type { Explanation } from '../../../../src/cli/explain/explanation.ts'
import { parseCurl } from '../../../../src/cli/explain/parse-curl.ts'
import { shellWords } from '../../../../src/cli/explain/shell-words.ts'
import { requestBytes } from '../../../../src/cli/rehearsal/offline-request.ts'
import { loadConfig } from '../../../../src/config/load-config.ts'
import { buildGateway } from '../../../../src/gateway.ts'
import { roomsOf } from '../../../../src/plan/compile-room.ts'
import { cli } from '../cli-io.ts'

const LOG = pinoLog({ level: 'silent' })

/** An upstream that keeps the bytes of its one request and answers nothing much. */
async function upstream (t: Test): Promise<{ origin: string, received: Promise<string> }> {
  const { promise: received, resolve } = Promise.withResolvers<string>()
  const server = createServer(socket => {
    let bytes = ''
    socket.on('data', chunk => {
      bytes += chunk.toString('latin1')
      if (!isWhole(bytes)) return
      resolve(bytes)
      socket.end('HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n')
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => { server.close() })
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, received }
}

function isWhole (bytes: string): boolean {
  const [head, ...body] = bytes.split('\r\n\r\n')
  const length = /\r\ncontent-length: (\d+)/i.exec(head!)?.[1]
  return /chunked/i.test(head!) ? (body.length > 1 && body.at(-1) === '') : body.length > 0 && body.join('').length >= Number(length ?? 0)
}

const exchange = (socket: Socket, bytes: Buffer) => new Promise<void>(resolve => {
  socket.on('close', () => { resolve() }).on('data', () => { socket.end() })
  socket.write(bytes)
})

/** What a gateway of this configuration really sends for the request of a curl line, and what explain says that it would. */
async function both (t: Test, config: (origin: string) => string, curl: string): Promise<{ sent: string, explained: string }> {
  const { origin, received } = await upstream(t)
  const cwd = t.testdir({ 'routes.yaml': config(origin) })
  const rooms = roomsOf(filters, predicates)
  const loaded = await loadConfig([`${cwd}/routes.yaml`], { env: {}, rooms })
  const gateway = buildGateway(loaded.config, { rooms, log: LOG })
  const { listeners: [listener] } = await gateway.listen()
  t.teardown(() => gateway.close())
  await exchange(connect(listener!.port, '127.0.0.1'), requestBytes(parseCurl(shellWords(curl).slice(1), '127.0.0.1', cwd)))
  const { out } = await cli(['explain', '--json', '--from', '127.0.0.1', curl], { cwd })
  const { sent: [request] } = JSON.parse(out) as Explanation
  return { sent: withoutId(await received), explained: withoutId(`${request!.head.join('\r\n')}\r\n\r\n${request!.body ?? ''}`) }
}

const withoutId = (request: string): string => request.replace(/^x-request-id: .*$/m, 'x-request-id: (any)\r')

const file = (route: string, gateway = '') => (origin: string) => `version: 1
gateway: { listen: [{ port: 0, host: 127.0.0.1 }], admin: false, accessLog: false${gateway} }
upstreams: { service: { endpoints: ["${origin}"] } }
routes: [{ id: a, predicates: [path: "/{a}/**"], upstream: service, ${route} }]
`

const PLAIN = file('metadata: {}')

t.test('says byte for byte what goes upstream', async t => {
  const cases: [name: string, config: (origin: string) => string, curl: string][] = [
    ['a request as it is', PLAIN, 'curl http://shop.example/a/b?c=d'],
    ['a body', PLAIN, "curl http://shop.example/a/b -d hello -H 'X-A: 1' -H 'x-a: 2'"],
    ['an empty body', PLAIN, "curl http://shop.example/a/b -d ''"],
    ['HEAD', PLAIN, 'curl -I http://shop.example:8080/a/b'],
    ['DELETE', PLAIN, 'curl -X DELETE http://shop.example/a/b'],
    ['what filters make of it', file('filters: [strip-prefix: 1, set-request-header: { name: X-A, value: "{a}" }, remove-request-header: accept, preserve-host-header]'), 'curl http://shop.example/a/b'],
    ['fields that end at the gateway', PLAIN, "curl http://shop.example/a/b -H 'Connection: X-Mine, close' -H 'X-Mine: 1' -H 'TE: gzip' -H 'X-Forwarded-For: 1.1.1.1' -H 'X-Passport: p'"],
    ['a trusted proxy', file('metadata: {}', ', trustedProxies: [127.0.0.1], forwarded: both, via: edge'), "curl http://shop.example/a/b -H 'X-Forwarded-For: 1.1.1.1' -H 'X-Forwarded-Proto: https' -H 'Forwarded: for=1.1.1.1' -H 'Via: 1.0 x'"],
    ['nothing of the client', file('metadata: {}', ', forwarded: none, via: false'), 'curl http://shop.example/a/b']
  ]
  for (const [name, config, curl] of cases) {
    const { sent, explained } = await both(t, config, curl)
    t.equal(explained, sent, name)
  }
})

t.test('says how a body without a length is framed', async t => {
  const { sent, explained } = await both(t, PLAIN, "curl http://shop.example/a/b -d hello -H 'Transfer-Encoding: chunked'")
  t.equal(explained, sent.replace(/\r\n\r\n5\r\nhello\r\n0\r\n\r\n$/, '\r\n\r\nhello'))
})

t.test('says which trailer fields are announced', async t => {
  const { sent, explained } = await both(t, PLAIN, "curl http://shop.example/a/b -d hello -H 'Transfer-Encoding: chunked' -H 'Trailer: X-Sum'")
  const lines = (request: string) => request.split('\r\n\r\n')[0]!.split('\r\n').sort()
  t.same(lines(explained), lines(sent))
})

t.test('says what protocol a connection asks to switch to', async t => {
  const { sent, explained } = await both(t, PLAIN, "curl http://shop.example/a/b -H 'Connection: Upgrade' -H 'Upgrade: websocket' -H 'Sec-WebSocket-Key: x'")
  t.equal(explained, sent)
})
