import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { Agent, request, type IncomingMessage } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { gzipSync } from 'node:zlib'
import t, { type Test } from 'tap'
import { route, running, times, until } from '../resilience/running.ts'
import { hangs, upstream } from '../resilience/upstream.ts'
import { rawClient } from '../wire/harness/raw-client.ts'
import { rawUpstream, type Answering } from '../wire/harness/raw-upstream.ts'
import { json, mirrored, UNHURRIED } from './mirrored.ts'

const QUIET = { noise: { replay: '0%' } }
const SANDBOX = { more: { next: { sandbox: true } } }
const MIB = 1024 ** 2
const GET = 'GET /orders/1 HTTP/1.1\r\nHost: gw.test\r\n\r\n'

/** An answer in bytes. */
const answers = (head: string, body: string | Buffer = ''): Answering => ({ socket }) => {
  socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${Buffer.byteLength(body)}\r\n${head}\r\n`)
  socket.write(body)
}
const bytes = (text: string): Answering => ({ socket }) => { socket.write(text) }

/** Writes this again and again, until nobody listens. */
const endlessly = (first: string, again: string): Answering => ({ socket }) => {
  socket.write(first)
  const more = () => { if (!socket.destroyed && socket.write(again)) setImmediate(more) }
  socket.on('drain', more)
  more()
}

const JSON_TYPE = 'content-type: application/json\r\n'

/** What a shadow may answer, and what is decided of it. */
const SHADOWS: Readonly<Record<string, readonly [Answering, string]>> = {
  'no HTTP': [bytes('SSH-2.0-OpenSSH_9.6\r\n'), 'failed protocol'],
  'nothing of it': [({ socket }) => { socket.end() }, 'failed reset'],
  'two lengths': [bytes('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc'), 'failed protocol'],
  'a length and chunks': [bytes('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'), 'failed protocol'],
  'no chunks where there should be': [bytes('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nno chunk\r\n'), 'failed protocol'],
  'a header with a NUL': [bytes('HTTP/1.1 200 OK\r\nX-A: a\0b\r\nContent-Length: 0\r\n\r\n'), 'failed protocol'],
  'a switch nobody has asked for': [bytes('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'), 'failed reset'],
  'interim answers without end': [endlessly('', 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n'), 'timeout -'],
  'headers without end': [endlessly('HTTP/1.1 200 OK\r\n', `X-A: ${'a'.repeat(1000)}\r\n`), 'failed protocol'],
  'a megabyte of headers': [answers(`X-A: ${'a'.repeat(MIB)}\r\n`), 'failed protocol'],
  'a body without end': [endlessly('HTTP/1.1 200 OK\r\n\r\n', 'x'.repeat(65_536)), 'sent -'],
  'a body that never comes': [bytes('HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n'), 'timeout -'],
  'a body that is cut': [({ socket }) => { socket.end('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc') }, 'failed reset'],
  'a bomb': [answers(`${JSON_TYPE}content-encoding: gzip\r\n`, gzipSync(Buffer.alloc(32 * MIB))), 'sent -'],
  'no gzip': [answers(`${JSON_TYPE}content-encoding: gzip\r\n`, '{"from":"live"}'), 'sent -'],
  'codings on codings': [answers(`${JSON_TYPE}content-encoding: ${Array(50).fill('gzip').join(', ')}\r\n`, 'x'), 'sent -'],
  'JSON that is deep': [answers(JSON_TYPE, '['.repeat(60_000)), 'sent -'],
  'JSON that is wide': [answers(JSON_TYPE, `[${'0,'.repeat(25_000)}0]`), 'sent -'],
  'JSON with names of ours': [answers(JSON_TYPE, '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"from":"live"}'), 'sent -'],
  'cookies and a redirect': [bytes('HTTP/1.1 302 Found\r\nSet-Cookie: shadow=1\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n'), 'sent -']
}

t.test('whatever a shadow answers, clients get the live answer, and the shadow one decision', async t => {
  await Promise.all(['async', 'sync'].map(async mode => {
    const live = await upstream(t, json({ from: 'live' }))
    const next = await rawUpstream(t)
    const { port, metric, operate } = await running(t, {
      upstreams: { next: { endpoints: [next.url] } },
      routes: [route('orders', [{ shadow: { ...UNHURRIED, to: 'next', mode, timeout: '300ms', breaker: { window: 1000, minimumCalls: 1000 }, compare: QUIET } }], live.url)]
    })
    const client = await rawClient(t, port)
    const plain = (await client.ask(GET)).fields.filter(([name]) => !/^(date|x-request-id)$/i.test(name))
    await until(() => metric('gatehouse_shadow_total') === 1)
    let asked = 1
    for (const [what, [answering, decision]] of Object.entries(SHADOWS)) {
      next.answering = answering
      const [result, reason] = decision.split(' ') as [string, string]
      const before = metric('gatehouse_shadow_total', { result, reason })
      const { status, text, fields } = await client.ask(GET)
      t.same([status, text, fields.filter(([name]) => !/^(date|x-request-id)$/i.test(name))], [200, '{"from":"live"}', plain], `${what}, ${mode}`)
      asked++
      await until(() => metric('gatehouse_shadow_total') === asked)
      t.equal(metric('gatehouse_shadow_total', { result, reason }) - before, 1, `${decision}: ${JSON.stringify((await operate('/shadow/orders/next')).body['decisions'])}`)
    }
    await until(async () => (await operate('/shadow/orders/next')).body['inFlight'] === 0)
    t.equal(({} as { polluted?: number }).polluted, undefined)
  }))
})

const sha = (body: Uint8Array): string => createHash('sha256').update(body).digest('hex')

t.test('requests of every kind go to the live upstream as they would without a shadow', async t => {
  const { port, live, shadows: [next], decided, view } = await mirrored(t, { to: 'next', methods: ['GET', 'HEAD', 'POST'], compare: QUIET }, SANDBOX)
  const client = await rawClient(t, port)
  const sent = async (count: number) => { await until(async () => decided('next', 'sent') === count && (await view('next')).ledger!.equal === count) }

  t.same(await client.ask(GET.replace('GET', 'HEAD'), 'HEAD').then(({ status, text }) => [status, text]), [200, ''])
  await sent(1)
  t.equal(next!.asked[0]!.method, 'HEAD')

  live.answering = next!.answering = (_req, res) => { res.writeHead(304, { etag: '"a"' }).end() }
  t.equal((await client.ask(GET.replace('\r\n\r\n', '\r\nIf-None-Match: "a"\r\n\r\n'))).status, 304)
  await sent(2)
  t.equal(next!.asked[1]!.headers['if-none-match'], '"a"')

  live.answering = next!.answering = json({ from: 'live' })
  t.equal((await client.ask(GET.replace('\r\n\r\n', `\r\nX-Large: ${'a'.repeat(12_000)}\r\n\r\n`))).status, 200)
  await sent(3)
  t.equal(String(next!.asked[2]!.headers['x-large']).length, 12_000)

  live.answering = next!.answering = (req, res) => { buffer(req).then(body => { res.end(`${sha(body)} ${req.trailers['x-sum'] ?? ''}`) }, () => {}) }
  client.send('POST /orders/1 HTTP/1.1\r\nHost: gw.test\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n')
  t.equal((await client.answer()).status, 100)
  t.equal((await client.send('hello').answer()).text, `${sha(Buffer.from('hello'))} `)
  await sent(4)
  t.match([next!.asked[3]!.body(), next!.asked[3]!.headers.expect], ['hello', undefined])

  client.send('POST /orders/1 HTTP/1.1\r\nHost: gw.test\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 7\r\n\r\n')
  t.equal((await client.answer()).text, `${sha(Buffer.from('hello'))} 7`)
  await until(() => decided('next', 'sent') === 5)
  t.equal(next!.asked[4]!.body(), 'hello')

  client.send('POST /orders/1 HTTP/1.1\r\nHost: gw.test\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n')
  t.equal((await client.answer()).text, `${sha(Buffer.from(''))} `)
  await until(() => decided('next', 'sent') === 6)
})

t.test('a protocol switch goes to the live upstream alone', async t => {
  const live = await rawUpstream(t, ({ socket }) => { socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n') })
  const next = await rawUpstream(t)
  const { port, metric } = await running(t, { upstreams: { next: { endpoints: [next.url] } }, routes: [route('orders', [{ shadow: { ...UNHURRIED, to: 'next' } }], live.url)] })
  const client = await rawClient(t, port)
  client.send('GET /orders/1 HTTP/1.1\r\nHost: gw.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n')
  t.equal((await client.answer()).status, 101)
  client.socket.destroy()
  await until(() => metric('gatehouse_shadow_total', { result: 'skipped', reason: 'upgrade' }) === 1)
  t.equal(next.connections, 0)
})

t.test('where the live upstream is gone, clients are told so, and the shadow is asked nevertheless', async t => {
  const { ask, live, shadows: [next], decided, view } = await mirrored(t, { to: 'next', compare: QUIET })
  await live.stop()
  t.match(await ask('/orders/1'), { status: 502, body: { code: 'GW_UPSTREAM_UNREACHABLE' } })
  await until(() => decided('next', 'sent') === 1)
  await until(async () => (await view('next')).ledger!.compared === 1)
  t.same([next!.count, (await view('next')).ledger!.different], [1, 1])
  await live.start()
})

/** Sends so many bodies, some at a time. */
async function floods (t: Test, port: number, count: number, body: Buffer): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: 16 })
  t.teardown(() => { agent.destroy() })
  const statuses = await times(count, async () => {
    const req = request({ port, path: '/orders', method: 'POST', agent, headers: { 'content-type': 'text/plain' } }).end(body)
    const [res] = await once(req, 'response') as [IncomingMessage]
    await buffer(res)
    return res.statusCode
  })
  return statuses.filter(status => status === 200).length
}

t.test('a flood of bodies to a shadow that hangs takes no more memory than it may, and gives it back', async t => {
  const [live, next] = await Promise.all([upstream(t, (req, res) => { req.resume().on('end', () => { res.end('ok') }) }), upstream(t, hangs)])
  // What the upstreams of tests keep is none of the gateway's
  for (const { asked } of [live, next]) asked.push = () => 0
  const held = 20 * MIB
  const shadow = { ...UNHURRIED, to: 'next', methods: 'POST', timeout: '400ms', compare: QUIET, breaker: { window: 10_000, minimumCalls: 10_000 } }
  const { port, metric, operate, ask } = await running(t, {
    gateway: { limits: { heldBytes: `${held}B` } },
    upstreams: { next: { endpoints: [next.url], sandbox: true } },
    routes: [route('orders', [{ shadow }], live.url), route('held', [{ 'cache-request-body': '30MiB' }], live.url)]
  })
  let most = 0
  let mostBytes = 0
  const watching = setInterval(async () => {
    const { inFlight, waiting, waitingBytes } = (await operate('/shadow/orders/next')).body
    most = Math.max(most, inFlight + waiting)
    mostBytes = Math.max(mostBytes, waitingBytes)
  }, 20)
  t.equal(await floods(t, port, 2000, Buffer.alloc(65_536, 'x')), 2000)
  clearInterval(watching)
  t.ok(most > 64 && most <= 164, `${most} at one time`)
  t.ok(mostBytes <= 16 * MIB, `${mostBytes} bytes waited`)
  await until(() => metric('gatehouse_shadow_total') === 2000)
  await until(async () => (await operate('/shadow/orders/next')).body['inFlight'] === 0)
  t.equal(metric('gatehouse_shadow_total', { result: 'dropped' }) + metric('gatehouse_shadow_total', { result: 'timeout' }), 2000)
  t.equal((await ask('/held', { method: 'POST', body: 'x'.repeat(held) })).status, 200, 'nothing of the budget is taken any more')
})

t.test('where the memory for bodies is in use, bodies are not kept for copies, and are for whoever needs them', async t => {
  const [live, next] = await Promise.all([upstream(t), upstream(t, hangs)])
  const { ask, metric } = await running(t, {
    gateway: { limits: { heldBytes: '200KiB' } },
    upstreams: { next: { endpoints: [next.url], sandbox: true } },
    routes: [route('orders', [{ shadow: { ...UNHURRIED, to: 'next', methods: 'POST', timeout: '500ms', compare: QUIET } }], live.url), route('held', [{ 'cache-request-body': { maxBytes: '100KiB', required: true } }], live.url)]
  })
  for (let i = 0; i < 3; i++) t.equal((await ask('/orders', { method: 'POST', body: 'x'.repeat(60_000) })).status, 200)
  await until(() => metric('gatehouse_shadow_total', { result: 'dropped', reason: 'pressure' }) === 2)
  t.equal((await ask('/held', { method: 'POST', body: 'x'.repeat(100_000) })).status, 200)
  await until(() => metric('gatehouse_shadow_total', { result: 'timeout' }) === 1)
  t.equal(next.count, 1)
})

t.test('I6: a copy that another gateway of ours has sent is not copied again', async t => {
  const [live, next, more] = await Promise.all([upstream(t), upstream(t), upstream(t)])
  for (const sanitize of [null, { headers: { allow: ['accept*'] } }]) {
    const shadow = { ...UNHURRIED, to: 'more', compare: QUIET }
    const inner = await running(t, {
      upstreams: { more: { endpoints: [more.url] } },
      routes: [route('orders', [...sanitize === null ? [] : [{ sanitize }], { shadow }], next.url)]
    })
    const outer = await running(t, {
      gateway: { trustedProxies: [] },
      upstreams: { inner: { endpoints: [`http://127.0.0.1:${inner.port}`] } },
      routes: [route('orders', [{ shadow: { ...UNHURRIED, to: 'inner', compare: QUIET } }], live.url)]
    })
    live.asked.length = next.asked.length = more.asked.length = 0
    const answer = await outer.ask('/orders/1', { headers: { 'x-gatehouse-shadow': 'forged;leg=1' } })
    t.equal(answer.body['text'], 'here')
    await until(() => outer.metric('gatehouse_shadow_total', { result: 'sent' }) === 1)
    t.same([live.count, next.count, more.count], [1, 1, 0])
    t.equal(next.asked[0]!.headers['x-gatehouse-shadow'], 'inner;leg=1', 'passed on')
    t.equal(live.asked[0]!.headers['x-gatehouse-shadow'], undefined)
    t.equal(inner.metric('gatehouse_shadow_total', { result: 'skipped', reason: 'marked' }), 1)
    t.equal(next.asked[0]!.headers['x-request-id'], live.asked[0]!.headers['x-request-id'])
  }
})

t.test('I8: with a client that goes its copies go too, unless they are to be kept', async t => {
  for (const mode of ['async', 'sync']) {
    for (const abort of ['drop', 'keep']) {
      const { port, live, shadows: [next], decided, view } = await mirrored(t, { to: 'next', abort, mode, compare: QUIET })
      live.answering = hangs
      next!.answering = (_req, res) => { if (abort === 'keep') void until(() => live.gone === 1).then(() => { res.end('late') }) }
      const client = (await rawClient(t, port)).send('GET /orders/1 HTTP/1.1\r\nHost: gw.test\r\n\r\n')
      await until(() => live.count === 1 && (mode === 'async' || next!.count === 1))
      client.socket.resetAndDestroy()
      await until(() => decided('next', abort === 'drop' ? 'dropped' : 'sent') === 1)
      t.match(await view('next'), { inFlight: 0, ledger: { compared: 0 } }, `${mode}, ${abort}`)
      t.equal(next!.count, mode === 'async' && abort === 'drop' ? 0 : 1)
    }
  }
})

/** What keeps the process alive. */
const handles = (): string => process.getActiveResourcesInfo().filter(name => name !== 'Immediate').sort().join()

/** The same, when nothing has changed for some turns of the loop: what tests before have closed takes the kernel a while. */
async function quiet (): Promise<string> {
  let found = handles()
  for (let same = 0; same < 50; same++) {
    await new Promise(resolve => { setImmediate(resolve) })
    if (handles() !== found) [found, same] = [handles(), 0]
  }
  return found
}

t.test('I9: a gateway that closes drops its copies within its time, and nothing is left', async t => {
  const before = await quiet()
  await t.test('a busy gateway', async t => {
    const { ask, gateway, shadows: [next, other], view, log } = await mirrored(t, { to: [{ upstream: 'next', maxInFlight: 2 }, 'other'], delay: '50ms', timeout: '1m', compare: QUIET }, { names: ['next', 'other'], gateway: { drain: '50ms' } })
    next!.answering = hangs
    await times(5, () => ask('/orders/1'))
    await until(() => next!.count === 2 && other!.count === 5)
    t.match(await view('next'), { inFlight: 2, waiting: 3 })
    const startMs = performance.now()
    await gateway.close()
    t.ok(performance.now() - startMs < 1000, `took ${performance.now() - startMs} ms`)
    t.match(await log.find(({ message }) => message === 'copies dropped at the end'), { 'gatehouse.route': 'orders', 'gatehouse.shadow': 'next', 'gatehouse.copies': 3 })
  })
  t.equal(await quiet(), before)
})

t.test('I9: a route that changes drops what waits for the one before, and lets calls end', async t => {
  const [live, next] = await Promise.all([upstream(t), upstream(t)])
  const setup = (timeout: string) => ({ upstreams: { next: { endpoints: [next.url] } }, routes: [route('orders', [{ shadow: { ...UNHURRIED, to: 'next', maxInFlight: 1, timeout, compare: QUIET } }], live.url)] })
  const { ask, reload, metric, operate } = await running(t, setup('10s'))
  let answer = () => {}
  next.answering = (_req, res) => { answer = () => { res.end('here') } }
  await times(3, () => ask('/orders/1'))
  await until(() => next.count === 1)
  await reload(setup('11s'))
  await until(() => metric('gatehouse_shadow_total', { result: 'dropped', reason: 'closing' }) === 2)
  answer()
  await until(() => metric('gatehouse_shadow_total', { result: 'sent' }) === 1)
  next.answering = (_req, res) => { res.end('here') }
  await ask('/orders/1')
  await until(async () => ((await operate('/shadow/orders/next')).body['decisions'] as { result: string }[]).some(({ result }) => result === 'sent'))
  t.equal(next.count, 2)
  await until(async () => (await operate('/upstreams')).body['upstreams'].length === 2)
})
