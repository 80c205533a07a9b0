import fc from 'fast-check'
import t from 'tap'
import { principal, type End } from '../../../src/contract/index.ts'
import { accessLog } from '../../../src/http/access-log.ts'
import type { Delivery } from '../../../src/http/delivery.ts'
import { exchange, reply, type TestRequest } from '../../../src/testing/index.ts'

type Line = Readonly<Record<string, unknown>>

const COMPLETE: End = { outcome: 'complete', code: null, bytesIn: 0, bytesOut: 0 }

/** What the log sees of an exchange that has ended; `over` says what differs from an ordinary one. */
function ended (request: TestRequest = {}, over: { method?: string, status?: number | null } = {}): Delivery {
  const x = exchange(request)
  x.timing.head = 2
  x.timing.end = 3
  const answer = over.status === null ? null : reply({ status: over.status ?? 200 })
  return { req: { method: over.method ?? x.method }, x, reply: answer } as unknown as Delivery
}

function write (delivery: Delivery, end: Partial<End> = {}, now = 0): string {
  const lines: string[] = []
  accessLog({ write: line => { lines.push(line) }, now: () => now })(delivery, { ...COMPLETE, ...end })
  return lines.join('')
}

const read = (delivery: Delivery, end: Partial<End> = {}) => JSON.parse(write(delivery, end)) as Line

t.test('writes one line of ECS fields for an exchange', async t => {
  const delivery = ended({ method: 'PUT', target: '/orders/7?secret=1', host: 'Shop.test:8080', client: { address: '203.0.113.7' } }, { status: 201 })
  const line = write(delivery, { bytesIn: 12, bytesOut: 34 }, Date.UTC(2026, 2, 1))
  t.match(line, /^[^\n]+\n$/)
  t.same(JSON.parse(line), {
    '@timestamp': '2026-03-01T00:00:00.000Z',
    'log.level': 'info',
    message: 'request',
    'http.request.id': 'test-request',
    'http.request.method': 'PUT',
    'url.domain': 'shop.test',
    'url.path': '/orders/7',
    'client.address': '203.0.113.7',
    'http.response.status_code': 201,
    'http.request.body.bytes': 12,
    'http.response.body.bytes': 34,
    'event.duration': 3_000_000,
    'gatehouse.head': 2_000_000
  }, 'and nothing of the query, where tokens are')
})

t.test('tells the path and method as they came, whatever filters made of them', async t => {
  const delivery = ended({ target: '/api/orders' })
  delivery.x.path = '/orders'
  t.match(read(delivery), { 'url.path': '/api/orders' })
  t.match(read(ended({}, { method: 'PROPFIND' })), { 'http.request.method': 'PROPFIND' })
  const none = ended()
  delete none.req.method
  t.match(read(none), { 'http.request.method': '' })
})

t.test('tells route and endpoint where there were any', async t => {
  const delivery = ended()
  t.notOk('gatehouse.route' in read(delivery) || 'gatehouse.upstream' in read(delivery))
  delivery.x.route = { id: 'orders', metadata: {} }
  delivery.x.endpoint = 'http://10.0.0.7:8080'
  t.match(read(delivery), { 'gatehouse.route': 'orders', 'gatehouse.upstream': 'http://10.0.0.7:8080' })
})

t.test('tells how often upstream was asked, where it was more than once', async t => {
  const delivery = ended()
  for (const [attempt, told] of [[0, undefined], [1, undefined], [2, 2], [7, 7]] as const) {
    delivery.x.attempt = attempt
    t.equal(read(delivery)['gatehouse.attempts'], told)
  }
})

t.test('tells who has answered in whose place', async t => {
  const delivery = ended()
  t.notOk('gatehouse.fallback' in read(delivery))
  delivery.x.fallback = { kind: 'cached', filter: 'circuit-breaker', code: 'GW_CIRCUIT_OPEN', status: 503 }
  t.match(read(delivery), { 'gatehouse.fallback': 'cached', 'gatehouse.fallback_for': 'GW_CIRCUIT_OPEN', 'http.response.status_code': 200 })
  delivery.x.fallback = { kind: 'upstream', filter: 'circuit-breaker', code: null, status: 502 }
  t.match(read(delivery), { 'gatehouse.fallback': 'upstream', 'gatehouse.fallback_for': 'HTTP_502' })
})

t.test('tells the code of an answer that the gateway made itself', async t => {
  t.notOk('error.code' in read(ended()))
  t.match(read(ended({}, { status: 403 }), { code: 'GW_FORBIDDEN' }), { 'http.response.status_code': 403, 'error.code': 'GW_FORBIDDEN' })
  t.notOk('gatehouse.outcome' in read(ended({}, { status: 403 }), { code: 'GW_FORBIDDEN' }))
})

t.test('tells that the client went away before there was an answer', async t => {
  const delivery = ended({}, { status: null })
  delivery.x.timing.head = 0
  const line = read(delivery, { outcome: 'client-gone', code: 'GW_CLIENT_GONE' })
  t.match(line, { 'http.response.status_code': 499, 'gatehouse.outcome': 'client-gone', 'error.code': 'GW_CLIENT_GONE', 'event.duration': 3_000_000 })
  t.notOk('gatehouse.head' in line)
})

t.test('tells that an answer was cut', async t => {
  t.match(read(ended(), { outcome: 'client-gone', code: 'GW_CLIENT_GONE', bytesOut: 5 }), { 'http.response.status_code': 200, 'gatehouse.outcome': 'client-gone', 'http.response.body.bytes': 5 })
  t.match(read(ended(), { outcome: 'upstream-broken', code: 'GW_UPSTREAM_RESET' }), { 'gatehouse.outcome': 'upstream-broken', 'error.code': 'GW_UPSTREAM_RESET' })
})

t.test('gives durations in whole nanoseconds', async t => {
  const delivery = ended()
  Object.assign(delivery.x.timing, { start: 0.1, head: 0.3, end: 0.7 + 1e-9 })
  t.match(read(delivery), { 'event.duration': 600_000, 'gatehouse.head': 200_000 })
})

t.test('stamps each line with the time of its end', async t => {
  const lines: string[] = []
  const times = [1000, 1000, 2500, 1000]
  const log = accessLog({ write: line => { lines.push(line) }, now: () => times.shift()! })
  for (let i = 0; i < 4; i++) log(ended(), COMPLETE)
  t.same(lines.map(line => (JSON.parse(line) as Line)['@timestamp']), ['1970-01-01T00:00:01.000Z', '1970-01-01T00:00:01.000Z', '1970-01-01T00:00:02.500Z', '1970-01-01T00:00:01.000Z'])
})

t.test('stamps a line at the epoch itself', async t => {
  t.equal(read(ended())['@timestamp'], '1970-01-01T00:00:00.000Z')
})

for (const odd of ['"', '\\', '\\"', '\n{"message":"forged"}', '\u0000', '\u001f', '\u007f', '\u009b31m', '\u2028\u2029', 'ö€', '😀', '\ud800', '</script>', "'"]) {
  t.test(`keeps ${[...odd].map(one => one.codePointAt(0)!.toString(16)).join(' ')} inside of its field`, async t => {
    const delivery = ended({ target: `/a${odd}`, host: `h${odd}`, client: { address: `c${odd}` } }, { method: `M${odd}` })
    delivery.x.route = { id: `r${odd}`, metadata: {} }
    delivery.x.endpoint = `e${odd}`
    const line = write(delivery)
    t.match(line, /^[\x20-\x7e]*\n$/, 'one line, all ASCII')
    t.match(JSON.parse(line), {
      'http.request.method': `M${odd}`, 'url.path': `/a${odd.split('?')[0]}`, 'url.domain': `h${odd}`.toLowerCase(), 'client.address': `c${odd}`, 'gatehouse.route': `r${odd}`, 'gatehouse.upstream': `e${odd}`
    })
  })
}

t.test('is JSON that says the same, whatever the texts', async t => {
  const text = fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.string({ unit: fc.constantFrom('"', '\\', '\n', '\r', '\u2028', '\u0000', '\ud800', 'a') }))
  fc.assert(fc.property(text, text, text, text, fc.nat(), (method, path, route, endpoint, bytesIn) => {
    const delivery = ended({}, { method })
    Object.assign(delivery.x, { originalPath: path, route: { id: route, metadata: {} }, endpoint })
    const line = write(delivery, { bytesIn })
    const parsed = JSON.parse(line) as Line
    return /^[\x20-\x7e]*\n$/.test(line) && Object.keys(parsed).length === 15 && parsed['http.request.method'] === method &&
      parsed['url.path'] === path && parsed['gatehouse.route'] === route && parsed['gatehouse.upstream'] === endpoint && parsed['http.request.body.bytes'] === bytesIn
  }))
  t.pass()
})

t.test('tells who called, and why the gateway refused', async t => {
  const delivery = ended({ principal: principal({ subject: 'alice\u2028', source: 'jwt', level: 2, token: 'secret' }) }, { status: 403 })
  delivery.x.reason = 'scope'
  const line = write(delivery, { code: 'GW_INSUFFICIENT_SCOPE' })
  t.match(JSON.parse(line), { 'user.id': 'alice\u2028', 'error.code': 'GW_INSUFFICIENT_SCOPE', 'event.reason': 'scope' })
  t.notMatch(line, /secret/)
})
