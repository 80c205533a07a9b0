import { connect } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { route, running, until } from '../resilience/running.ts'
import { fails, upstream, upstreams, type Answering, type Upstream } from '../resilience/upstream.ts'

// What a client does is never on the account of an upstream: else anybody could keep others away from it

const HOST = 'Host: gw.test\r\n'
const ECHO: Answering = (req, res) => { req.resume().on('end', () => { res.end('ok') }) }

/** A connection that the test does with as it likes. */
async function client (t: Test, port: number, bytes: string) {
  const socket = connect(port, '127.0.0.1').on('error', () => {})
  t.teardown(() => { socket.destroy() })
  let got = ''
  socket.on('data', chunk => { got += chunk.toString('latin1') })
  socket.write(bytes)
  return { socket, answered: async (status: number) => { await until(() => got.startsWith(`HTTP/1.1 ${status}`)) } }
}

/** Two endpoints that one failure takes out, behind a breaker that counts. */
async function watched (t: Test, answering: Answering) {
  const ups = await upstreams(t, 2)
  for (const one of ups) one.answering = answering
  const here = await running(t, {
    upstreams: { orders: { endpoints: ups.map(({ url }) => url), ejection: { consecutive: 1 } } },
    routes: [route('orders', [{ 'circuit-breaker': { window: 10, slowCall: '40ms', state: 'metrics-only' } }], 'orders')]
  })
  const verdict = async () => {
    await until(async () => (await here.breaker('orders/circuit-breaker')).running === 0)
    const { failures, slow } = await here.breaker('orders/circuit-breaker')
    return { failures, slow, ejected: here.metric('gatehouse_endpoint_changes_total', { change: 'ejected' }) }
  }
  return { ...here, verdict }
}

const BLAMELESS = { failures: 0, slow: 0, ejected: 0 }

t.test('a head that is too large because the client had one sent back', async t => {
  const { ask, verdict } = await watched(t, (req, res) => { res.writeHead(200, { 'x-a': req.headers['x-large']!, 'x-b': req.headers['x-large']! }).end() })
  t.match(await ask('/orders', { headers: { 'x-large': 'x'.repeat(10_000) } }), { status: 502, body: { code: 'GW_REPLY_TOO_LARGE' } })
  t.same(await verdict(), BLAMELESS)
})

for (const framing of ['Content-Length: 6', 'Transfer-Encoding: chunked\r\nTrailer: x-sum']) {
  t.test(`a request body that takes its time, ${framing.split('\r\n', 1)[0]!}`, async t => {
    const [first, second] = framing.startsWith('C') ? ['abc', 'def'] : ['3\r\nabc\r\n', '3\r\ndef\r\n0\r\nX-Sum: 6\r\n\r\n']
    const { port, verdict } = await watched(t, ECHO)
    const { socket, answered } = await client(t, port, `POST /orders HTTP/1.1\r\n${HOST}${framing}\r\n\r\n${first}`)
    await pause(80)
    socket.write(second!)
    await answered(200)
    t.same(await verdict(), BLAMELESS)
  })
}

t.test('but an upstream that thinks long about a whole body is slow', async t => {
  const { port, verdict } = await watched(t, (req, res) => { req.resume().on('end', () => { setTimeout(() => { res.end() }, 80) }) })
  const { answered } = await client(t, port, `POST /orders HTTP/1.1\r\n${HOST}Content-Length: 3\r\n\r\nabc`)
  await answered(200)
  t.same(await verdict(), { ...BLAMELESS, slow: 1 })
})

/** An open breaker that lets one call try. */
async function open (t: Test, up: Upstream) {
  const here = await running(t, { routes: [route('orders', [{ 'circuit-breaker': { window: 1, minimumCalls: 1, openFor: '30ms', halfOpenCalls: 1 } }], up.url)] })
  up.answering = fails
  await here.ask('/orders')
  await until(async () => (await here.breaker('orders/circuit-breaker')).state === 'half-open')
  return here
}

t.test('answers that go on for ever close a breaker', async t => {
  const up = await upstream(t)
  const { port, breaker } = await open(t, up)
  up.answering = (_req, res) => { res.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: a\n\n') }
  await (await client(t, port, `GET /orders HTTP/1.1\r\n${HOST}\r\n`)).answered(200)
  t.equal((await breaker('orders/circuit-breaker')).running, 1)
  await pause(40)
  await (await client(t, port, `GET /orders HTTP/1.1\r\n${HOST}\r\n`)).answered(200)
  t.match(await breaker('orders/circuit-breaker'), { state: 'closed', running: 2 })
})

t.test('a client that does not send its request keeps no breaker open', async t => {
  const up = await upstream(t)
  const { port, ask } = await open(t, up)
  up.answering = ECHO
  await client(t, port, `POST /orders HTTP/1.1\r\n${HOST}Content-Length: 9\r\n\r\nabc`)
  await until(() => up.count === 2)
  await until(async () => (await ask('/orders')).status === 200)
  t.equal(up.count, 3)
})
