import { once } from 'node:events'
import { request, type IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { buffer, text } from 'node:stream/consumers'
import t, { type Test } from 'tap'
import { startEchoServer } from '../../../src/demo/echo-server.ts'

interface Echo { service: string, method: string, path: string, query: Record<string, string>, headers: Record<string, string>, body: string }
interface Ask { method?: string, headers?: Record<string, string>, body?: string | Buffer }

async function start (t: Test) {
  const server = await startEchoServer('orders')
  t.teardown(() => server.close())
  const ask = async (target: string, { method = 'GET', headers = {}, body }: Ask = {}): Promise<IncomingMessage> => {
    const req = request(server.url, { path: target, method, headers, agent: false })
    req.end(body)
    const [res] = await once(req, 'response') as [IncomingMessage]
    return res
  }
  const echo = async (target: string, options?: Ask) => JSON.parse(await text(await ask(target, options))) as Echo
  return { ...server, ask, echo, port: Number(new URL(server.url).port) }
}

t.test('answers what it received', async t => {
  const { echo, ask, url } = await start(t)
  t.match(url, /^http:\/\/127\.0\.0\.1:\d+$/)
  t.match(await echo('/orders/7?a=1&b=x+y', { method: 'PUT', headers: { 'x-tag': 'v' }, body: 'hëllo' }), {
    service: 'orders', method: 'PUT', path: '/orders/7', query: { a: '1', b: 'x y' }, headers: { 'x-tag': 'v' }, body: 'hëllo'
  })
  const res = await ask('/')
  t.match(res, { statusCode: 200, headers: { 'content-type': 'application/json' } })
  const answer = await text(res)
  t.equal(res.headers['content-length'], String(Buffer.byteLength(answer)))
  t.match(answer, /\n {2}"body": ""\n}\n$/)
})

t.test('takes any path as it is', async t => {
  const { echo } = await start(t)
  for (const path of ['/a%20b', '//elsewhere/a', '/../a', '/a//b/./c', '/%']) t.equal((await echo(path)).path, path)
  t.match(await echo('/a?b?c=d'), { path: '/a', query: { 'b?c': 'd' } })
  t.equal((await echo('*', { method: 'OPTIONS' })).path, '*')
  t.same(Object.keys((await echo('/?__proto__=1&a=2')).query), ['__proto__', 'a'])
})

t.test('answers HEAD without a body', async t => {
  const { ask } = await start(t)
  for (const target of ['/', '/?size=100000']) {
    const res = await ask(target, { method: 'HEAD' })
    t.ok(Number(res.headers['content-length']) > 0)
    t.equal(await text(res), '')
  }
})

t.test('tells of a body that is too long to hold only its size', async t => {
  const { echo } = await start(t)
  t.equal((await echo('/', { method: 'POST', body: Buffer.alloc(1024 * 1024, 'a') })).body.length, 1024 * 1024)
  t.equal((await echo('/', { method: 'POST', body: Buffer.alloc(1024 * 1024 + 1, 'a') })).body, '(1048577 bytes)')
})

t.test('answers with ?status', async t => {
  const { ask } = await start(t)
  for (const [status, expected] of [['503', 503], ['404', 404], ['599', 599], ['600', 599], ['100', 200], ['-5', 200], ['abc', 200], ['', 200], ['404.7', 404], ['Infinity', 599]] as const) {
    const res = await ask(`/?status=${status}`)
    t.equal(res.statusCode, expected, status)
    t.match(JSON.parse(await text(res)), { service: 'orders' })
  }
})

t.test('answers a status that has no body without one', async t => {
  const { ask } = await start(t)
  for (const status of [204, 304]) {
    for (const more of ['', '&size=10', '&fail=body']) {
      const res = await ask(`/?status=${status}${more}`)
      t.equal(res.statusCode, status)
      t.notOk('content-length' in res.headers)
      t.equal(await text(res), '')
    }
  }
})

t.test('answers after ?delay', async t => {
  const { echo } = await start(t)
  const begun = performance.now()
  await echo('/?delay=30')
  t.ok(performance.now() - begun >= 29)
})

t.test('answers ?size bytes', async t => {
  const { ask } = await start(t)
  for (const size of [1, 65_535, 65_536, 65_537, 1_000_000]) {
    const res = await ask(`/?size=${size}&status=201`)
    t.match(res, { statusCode: 201, headers: { 'content-type': 'application/octet-stream', 'content-length': String(size) } })
    const bytes = await buffer(res)
    t.equal(bytes.byteLength, size)
    t.ok('gatehouse '.startsWith(bytes.toString('latin1', 0, 10)))
  }
  for (const size of ['0', '-1', 'many', '0.5']) t.match(JSON.parse(await text(await ask(`/?size=${size}`))), { service: 'orders' }, size)
})

t.test('cuts the connection before the answer on ?fail=reset', async t => {
  const { ask } = await start(t)
  await t.rejects(ask('/?fail=reset'), { code: 'ECONNRESET' })
  await t.rejects(ask('/?fail=reset&size=10&status=204', { method: 'POST', body: 'a' }), { code: 'ECONNRESET' })
})

t.test('cuts the connection in the answer on ?fail=body', async t => {
  const { ask } = await start(t)
  for (const [target, status] of [['/?fail=body', 200], ['/?fail=body&status=500', 500], ['/?fail=body&size=1', 200], ['/?fail=body&size=1000', 200], ['/?fail=body&size=1000000', 200]] as const) {
    const res = await ask(target)
    t.equal(res.statusCode, status)
    let received = 0
    res.on('data', (chunk: Buffer) => { received += chunk.byteLength })
    await t.rejects(once(res, 'end'), { code: 'ECONNRESET' }, target)
    const promised = Number(res.headers['content-length'])
    t.ok(received >= Math.trunc(promised / 2) - 1 && received < promised, `${received} of ${promised}`)
  }
})

t.test('knows no other way to fail', async t => {
  const { echo } = await start(t)
  for (const fail of ['', 'other']) t.match(await echo(`/?fail=${fail}`), { query: { fail } })
})

t.test('outlives clients that go away', async t => {
  const { echo, port } = await start(t)
  for (const head of ['GET /?delay=5&size=1000000 HTTP/1.1\r\nhost: a\r\n\r\n', 'POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\nabc', 'GET /?size=100000000 HTTP/1.1\r\nhost: a\r\n\r\n', 'GET /?delay=5&fail=body HTTP/1.1\r\nhost: a\r\n\r\n']) {
    const socket = connect(port, '127.0.0.1')
    await once(socket, 'connect')
    socket.write(head)
    if (head.includes('100000000')) await once(socket, 'data')
    socket.resetAndDestroy()
    await once(socket, 'close')
  }
  await echo('/?delay=10')
  t.match(await echo('/'), { service: 'orders' })
})

t.test('listens on the port it is told, and says when it cannot', async t => {
  const { port, close } = await start(t)
  await t.rejects(startEchoServer('other', port), { code: 'EADDRINUSE' })
  await close()
  const again = await startEchoServer('again', port)
  t.equal(again.url, `http://127.0.0.1:${port}`)
  await again.close()
})

t.test('stops at once, whoever waits for an answer', async t => {
  const { ask, close } = await start(t)
  const asked = ask('/?delay=60000')
  const failed = t.rejects(asked, { code: 'ECONNRESET' })
  await new Promise(setImmediate)
  await ask('/')
  await close()
  await failed
  t.same(process.getActiveResourcesInfo().filter(name => name === 'Timeout'), [], 'no timer keeps the process')
})
