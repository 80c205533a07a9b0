import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import t from 'tap'
import { GatewayError, type CallEnd } from '../../../src/contract/index.ts'
import { exchange } from '../../../src/testing/index.ts'
import { call } from '../../../src/upstream/upstream-call.ts'
import { UpstreamReply } from '../../../src/upstream/upstream-reply.ts'
import { OK, okWith } from '../../wire/harness/raw-upstream.ts'
import { bodyOf, caller, calling, LATE, POST, PUNCTUAL, withTrailers } from './call-watchers/caller.ts'

t.test('a whole answer is told once', async t => {
  const { ask, told, endpoint, upstream, entered, ends } = await calling(t, ({ socket }) => { socket.write(OK) })
  for (const options of [LATE, PUNCTUAL]) t.equal(await bodyOf(await ask(exchange(), options)), 'ok')
  t.same(told(), [[200, null], [200, null]])
  t.same(entered, [upstream.url, upstream.url])
  t.ok(ends.every(({ headMs }) => headMs > 0 && headMs < 1000))
  t.equal(endpoint.inFlight, 0)
})

t.test('an error of the upstream is its answer', async t => {
  const { ask, told } = await calling(t, ({ socket }) => { socket.write('HTTP/1.1 503 No\r\ncontent-length: 0\r\n\r\n') })
  t.match(await ask(exchange()), { status: 503, code: null })
  t.same(told(), [[503, null]])
})

t.test('a long answer is told at its end, with the time of its head', async t => {
  const { ask, told, ends, upstream, endpoint } = await calling(t, ({ socket }) => { socket.write('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhello') })
  const startMs = performance.now()
  const reply = await ask(exchange())
  const headMs = performance.now() - startMs
  t.same(told(), [])
  await pause(20)
  upstream.requests[0]!.socket.write('world')
  t.equal(await bodyOf(reply), 'helloworld')
  t.same(told(), [[200, null]])
  t.ok(ends[0]!.headMs <= headMs)
  t.equal(endpoint.inFlight, 0)
})

t.test('a reset before the head is told', async t => {
  const { ask, told, endpoint, ends } = await calling(t, ({ socket }) => { socket.resetAndDestroy() })
  t.equal((await ask(exchange(POST))).code, 'GW_UPSTREAM_RESET')
  t.same(told(), [[0, 'GW_UPSTREAM_RESET']])
  t.ok(ends[0]!.headMs > 0)
  t.equal(endpoint.inFlight, 0)
})

t.test('a reset in the body is told with the status', async t => {
  const { ask, told, upstream, endpoint } = await calling(t, ({ socket }) => { socket.write('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhello') })
  const reply = await ask(exchange())
  upstream.requests[0]!.socket.resetAndDestroy()
  await t.rejects(bodyOf(reply), { code: 'GW_UPSTREAM_RESET' })
  t.same(told(), [[200, 'GW_UPSTREAM_RESET']])
  t.equal(endpoint.inFlight, 0)
})

t.test('timeouts are told', async t => {
  const silent = await calling(t, () => {})
  t.equal((await silent.ask(exchange(), { ...PUNCTUAL, headMs: 10 })).code, 'GW_HEAD_TIMEOUT')
  t.same(silent.told(), [[0, 'GW_HEAD_TIMEOUT']])
  const stops = await calling(t, ({ socket }) => { socket.write('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhello') })
  await t.rejects(bodyOf(await stops.ask(exchange(), { ...PUNCTUAL, idleMs: 10 })), { code: 'GW_IDLE_TIMEOUT' })
  t.same(stops.told(), [[200, 'GW_IDLE_TIMEOUT']])
  t.same([silent.endpoint.inFlight, stops.endpoint.inFlight], [0, 0])
})

t.test('a client that goes during the wait has not failed the upstream', async t => {
  const { ask, told, upstream, endpoint } = await calling(t, () => {})
  const x = exchange()
  const asked = ask(x)
  await upstream.request()
  x.abort(new GatewayError('GW_CLIENT_GONE'))
  t.equal((await asked).code, 'GW_CLIENT_GONE')
  t.same(told(), [[0, 'GW_CLIENT_GONE']])
  t.equal(endpoint.inFlight, 0)
})

t.test('a client that goes during the body has not failed the upstream', async t => {
  const { ask, told, endpoint } = await calling(t, ({ socket }) => { socket.write('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhello') })
  const x = exchange()
  const held = bodyOf(await ask(x))
  x.abort(new GatewayError('GW_CLIENT_GONE'))
  await t.rejects(held, { code: 'GW_CLIENT_GONE' })
  t.same(told(), [[200, 'GW_CLIENT_GONE']])
  t.equal(endpoint.inFlight, 0)
})

t.test('time that is up while the client holds everything back is told as that', async t => {
  const outOfTime = new GatewayError('GW_TOTAL_TIMEOUT')
  const silent = await calling(t, () => {})
  const waiting = exchange()
  const asked = silent.ask(waiting)
  await silent.upstream.request()
  waiting.abort(outOfTime)
  await asked
  t.match(silent.ends, [{ code: 'GW_TOTAL_TIMEOUT', heldBack: false }], 'the upstream that says nothing')
  const long = await calling(t, ({ socket }) => { socket.write(`HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n${'.'.repeat(200_000)}`) })
  const unread = exchange()
  const reply = await long.ask(unread) as UpstreamReply
  while (reply.received <= 65_536) await pause(1)
  unread.abort(outOfTime)
  t.match(long.ends, [{ code: 'GW_TOTAL_TIMEOUT', heldBack: true }], 'the client that does not read')
  const uploading = await calling(t, () => {})
  const slow = exchange({ method: 'POST', body: ['half of it'] })
  Object.defineProperty(slow.body, 'awaitsClient', { value: true })
  const sent = uploading.ask(slow)
  await uploading.upstream.request()
  slow.abort(outOfTime)
  await sent
  t.match(uploading.ends, [{ code: 'GW_TOTAL_TIMEOUT', heldBack: true }], 'the client that does not send')
})

t.test('a call that got no connection, since others had all of them, says nothing of the endpoint', async t => {
  const { ask, ends, upstream } = await calling(t, () => {}, { connections: 1 })
  const first = ask(exchange())
  await upstream.request()
  const waiting = exchange()
  const asked = ask(waiting)
  waiting.abort(new GatewayError('GW_TOTAL_TIMEOUT'))
  t.equal((await asked).code, 'GW_TOTAL_TIMEOUT')
  t.match(ends, [{ code: 'GW_TOTAL_TIMEOUT', heldBack: true }])
  void first
})

t.test('a call that is given up by its scope is told why', async t => {
  const { ask, told, upstream } = await calling(t, () => {})
  const x = exchange()
  const scope = x.openScope()
  const asked = ask(x)
  await upstream.request()
  scope.abort(new GatewayError('GW_HEAD_TIMEOUT'))
  t.equal((await asked).code, 'GW_HEAD_TIMEOUT')
  x.closeScope(scope)
  t.same(told(), [[0, 'GW_HEAD_TIMEOUT']])
})

t.test('a call that waits for a connection is told at once when it is given up, and leaves when its turn comes', async t => {
  const { ask, told, upstream, endpoint } = await calling(t, () => {}, { connections: 1 })
  const first = ask(exchange())
  await upstream.request()
  const x = exchange()
  const second = ask(x)
  x.abort(new GatewayError('GW_CLIENT_GONE'))
  t.same(told(), [[0, 'GW_CLIENT_GONE']])
  t.equal((await second).code, 'GW_CLIENT_GONE')
  t.equal(endpoint.inFlight, 2)
  upstream.requests[0]!.socket.write(OK)
  t.equal(await bodyOf(await first), 'ok')
  while (endpoint.inFlight > 0) await pause(1)
  t.same(told(), [[0, 'GW_CLIENT_GONE'], [200, null]])
  t.equal(upstream.requests.length, 1)
})

t.test('an answer that is not read to its end was one', async t => {
  const { ask, told, endpoint } = await calling(t, ({ socket }) => { socket.write('HTTP/1.1 503 No\r\ncontent-length: 10\r\n\r\nhello') })
  for (const code of ['GW_INTERNAL', 'GW_CLIENT_GONE'] as const) ((await ask(exchange())) as UpstreamReply).cancel(new GatewayError(code))
  t.same(told(), [[503, null], [503, 'GW_CLIENT_GONE']])
  t.equal(endpoint.inFlight, 0)
})

t.test('a refused connection is told', async t => {
  const { ask, told, endpoint } = caller(t, 'http://127.0.0.1:1')
  t.equal((await ask(exchange())).code, 'GW_UPSTREAM_UNREACHABLE')
  t.same(told(), [[0, 'GW_UPSTREAM_UNREACHABLE']])
  t.equal(endpoint.inFlight, 0)
})

t.test('a call that cannot be begun is told, and nothing stays of it', async t => {
  const { ask, told, endpoint, upstream } = await calling(t, () => {})
  for (const x of [exchange({ method: 'POST', body: ['hello'] }), withTrailers()]) {
    x.body.outgoing()
    await t.rejects(ask(x), /sent twice/)
  }
  t.same(told(), [[0, 'GW_INTERNAL'], [0, 'GW_INTERNAL']])
  await pause(5)
  t.same([told().length, endpoint.inFlight, upstream.requests.length], [2, 0, 0])
})

t.test('what undici does not take is the gateway\'s fault', async t => {
  const { ask, told } = await calling(t, ({ socket }) => { socket.write(OK) })
  t.equal((await ask(exchange({ method: 'BAD METHOD' }))).code, 'GW_BAD_REQUEST')
  t.same(told(), [[0, 'GW_BAD_REQUEST']])
})

t.test('a switched connection has answered', async t => {
  const { ask, told, endpoint } = await calling(t, ({ socket }) => { socket.write('HTTP/1.1 101 Switching\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n') })
  const [x, other] = [exchange(), exchange()]
  x.upgrade = 'websocket'
  const reply = await ask(x)
  t.same([reply.status, told()], [101, [[101, null]]])
  const closed = once(reply.socket!, 'close')
  reply.socket!.destroy()
  await closed
  other.upgrade = 'h2c'
  t.equal((await ask(other)).code, 'GW_UPSTREAM_PROTOCOL')
  t.same(told(), [[101, null], [101, 'GW_UPSTREAM_PROTOCOL']])
  t.equal(endpoint.inFlight, 0)
})

t.test('requests with trailer fields are told of like others', async t => {
  const answers = [OK, 'HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhello', '']
  const { ask, told, endpoint, upstream } = await calling(t, ({ socket }) => { socket.write(answers.shift()!) })
  t.equal(await bodyOf(await ask(withTrailers())), 'ok')
  const cut = bodyOf(await ask(withTrailers()))
  ;(await upstream.request(2)).socket.resetAndDestroy()
  await t.rejects(cut, { code: 'GW_UPSTREAM_RESET' })
  const x = withTrailers()
  const asked = ask(x)
  await upstream.request(3)
  x.abort(new GatewayError('GW_CLIENT_GONE'))
  await asked
  await pause(5)
  t.same(told(), [[200, null], [200, 'GW_UPSTREAM_RESET'], [0, 'GW_CLIENT_GONE']])
  t.equal(endpoint.inFlight, 0)
})

t.test('without gates and watcher nobody is told', async t => {
  const { endpoint } = await calling(t, ({ socket }) => { socket.write(okWith('hello')) })
  t.equal(await bodyOf(await call(exchange(), endpoint, LATE)), 'hello')
  const x = exchange()
  x.gates = []
  t.equal(await bodyOf(await call(x, endpoint, LATE)), 'hello')
  t.equal(endpoint.inFlight, 0)
})

t.test('a client is to blame that has not read for most of the time, though it reads just now', async t => {
  const held = async (pausedMs: number, flowingMs: number) => {
    const x = exchange()
    const ends: CallEnd[] = []
    const reply = new UpstreamReply(x, () => {}, { busy: false, leave: () => {} })
    const controller = {
      paused: false,
      pause: () => { controller.paused = true },
      resume: () => { controller.paused = false },
      abort: (reason: Error) => { reply.onResponseError(controller, reason) }
    }
    let takes = false
    reply.watch({ ended: end => { ends.push(end) } }, null)
    reply.onRequestStart(controller)
    reply.onResponseStart(controller, 200, {})
    reply.flow({ data: () => takes, end: () => {}, fail: () => {} })
    reply.onResponseData(controller, Buffer.from('x'))
    await pause(pausedMs)
    takes = true
    reply.resume()
    reply.onResponseData(controller, Buffer.from('x'))
    await pause(flowingMs)
    t.notOk(controller.paused)
    reply.abort(new GatewayError('GW_TOTAL_TIMEOUT'))
    return ends[0]!.heldBack
  }
  t.equal(await held(60, 5), true)
  t.equal(await held(5, 60), false)
})
