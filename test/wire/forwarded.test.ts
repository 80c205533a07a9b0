import t, { type Test } from 'tap'
import { startGateway } from './harness/gateway.ts'
import { probe } from './harness/filters.ts'
import { rawClient } from './harness/raw-client.ts'
import { okWith, rawUpstream } from './harness/raw-upstream.ts'

const TOLD = /^(x-forwarded-|forwarded$|via$|x-real-ip$|x-request-id$)/

/** What upstream is told of the client, and where the gateway thinks that is. */
async function told (t: Test, gateway: Record<string, unknown>, fields: string, write: Record<string, string> = {}) {
  const writes = probe('writes', {
    request: x => {
      for (const [name, value] of Object.entries(write)) x.headers.append(name, value)
    },
    response: x => { x.reply!.headers.set('x-address', x.client.address) }
  })
  const upstream = await rawUpstream(t, ({ socket }) => { socket.write(okWith('ok')) })
  const { port } = await startGateway(t, { upstream: upstream.url, gateway, filters: [writes], route: { filters: ['writes'] } })
  const { header } = await (await rawClient(t, port)).ask(`GET /x HTTP/1.1\r\nHost: gw.test:8080\r\n${fields}\r\n`)
  const lines = upstream.requests[0]!.fields.filter(([name]) => TOLD.test(name)).map(([name, value]) => `${name}: ${value}`)
  return { lines, address: header('x-address'), id: header('x-request-id') }
}

const OURS = ['x-forwarded-for: 127.0.0.1', 'x-forwarded-proto: http', 'x-forwarded-host: gw.test:8080', 'x-forwarded-port: 8080']
const withoutId = ({ lines }: { lines: string[] }): string[] => lines.filter(line => !line.startsWith('x-request-id'))
const TRUSTED = { trustedProxies: ['127.0.0.1'] }

t.test('a stranger is believed nothing', async t => {
  const seen = await told(t, {}, 'X-Forwarded-For: 203.0.113.9\r\nX-Forwarded-Proto: https\r\nForwarded: for=203.0.113.9\r\nX-Real-IP: 203.0.113.9\r\nX-Request-Id: theirs\r\n')
  t.same(withoutId(seen), [...OURS, 'via: 1.1 gatehouse'])
  t.equal(seen.address, '127.0.0.1')
  t.match(seen.id, /^[0-9a-f]{8}-/)
})

t.test('what upstream is told can be chosen', async t => {
  const rfc7239 = 'forwarded: for=127.0.0.1;host="gw.test:8080";proto=http'
  t.same(withoutId(await told(t, { forwarded: 'forwarded', via: 'edge-1' }, '')), [rfc7239, 'via: 1.1 edge-1'])
  t.same(withoutId(await told(t, { forwarded: 'both', via: false }, '')), [...OURS, rfc7239])
  t.same(withoutId(await told(t, { forwarded: 'none', via: false }, 'X-Forwarded-For: 203.0.113.9\r\nForwarded: for=1\r\n')), [])
  t.same(withoutId(await told(t, { forwarded: 'none', via: false, ...TRUSTED }, 'X-Forwarded-For: 203.0.113.9\r\nForwarded: for=1\r\n')), [])
})

t.test('a trusted proxy is continued', async t => {
  const both = await told(t, { ...TRUSTED, forwarded: 'both' }, 'X-Forwarded-For: 203.0.113.9\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: shop.test\r\nX-Forwarded-Port: 443\r\nForwarded: for=203.0.113.9;proto=https\r\nX-Real-IP: 203.0.113.9\r\nX-Request-Id: theirs-1\r\n')
  t.same(both.lines, ['x-real-ip: 203.0.113.9', 'x-forwarded-for: 203.0.113.9, 127.0.0.1', 'x-forwarded-proto: https', 'x-forwarded-host: shop.test', 'x-forwarded-port: 443',
    'forwarded: for=203.0.113.9;proto=https, for=127.0.0.1;host="gw.test:8080";proto=https', 'via: 1.1 gatehouse', 'x-request-id: theirs-1'])
  t.same([both.address, both.id], ['203.0.113.9', 'theirs-1'])
})

t.test('the client is the first address from the right that is no trusted proxy, as many hops deep as there are', async t => {
  const CHAIN = 'X-Forwarded-For: 1.1.1.1, 203.0.113.9, 10.0.0.2, 10.0.0.1\r\n'
  const proxies = { trustedProxies: ['127.0.0.0/8', '10.0.0.0/8'] }
  const address = async (gateway: Record<string, unknown>, fields: string) => (await told(t, gateway, fields)).address
  t.equal(await address({ ...proxies, trustedHops: 1 }, CHAIN), '10.0.0.1', 'one hop: one entry')
  t.equal(await address({ ...proxies, trustedHops: 3 }, CHAIN), '203.0.113.9')
  t.equal(await address({ ...proxies, trustedHops: 16 }, CHAIN), '203.0.113.9', 'no further than the first stranger')
  t.equal(await address({ ...proxies, trustedHops: 16 }, 'X-Forwarded-For: nonsense, 10.0.0.1\r\n'), '10.0.0.1', 'what is no address ends the walk')
  t.equal(await address({ ...proxies, trustedHops: 16 }, 'X-Forwarded-For: [2001:db8::1]:1234\r\n'), '2001:db8::1')
  t.equal(await address({ ...proxies, trustedHops: 16 }, 'X-Forwarded-For: 203.0.113.9:1234\r\n'), '203.0.113.9')
  t.equal(await address({ ...proxies, trustedHops: 16 }, 'X-Forwarded-For: ::ffff:203.0.113.9\r\n'), '203.0.113.9')
  t.equal(await address(proxies, ''), '127.0.0.1')
  t.equal(await address({ ...proxies, trustedHops: 16 }, 'Forwarded: for="[2001:db8::7]:99", for=10.0.0.1;proto=http\r\n'), '2001:db8::7')
  t.equal(await address({ ...proxies, trustedHops: 16 }, 'Forwarded: for=1.1.1.1, proto=https\r\n'), '127.0.0.1', 'an element without an address hides those left of it')
})

t.test('a client cannot have what trusted proxies say of it taken out by naming it in Connection', async t => {
  const seen = await told(t, TRUSTED, 'Connection: X-Forwarded-For, X-Forwarded-Proto, X-Real-IP\r\nX-Forwarded-For: 203.0.113.9\r\nX-Forwarded-Proto: https\r\nX-Real-IP: 203.0.113.9\r\n')
  t.equal(seen.address, '203.0.113.9', 'it would pass for the proxy itself')
  t.match(seen.lines, ['x-real-ip: 203.0.113.9', 'x-forwarded-for: 203.0.113.9, 127.0.0.1', 'x-forwarded-proto: https'])
})

t.test('a request id is taken from a trusted peer where it is one', async t => {
  for (const id of ['a', 'A-1.b:2/c=+_', 'x'.repeat(128)]) t.equal((await told(t, TRUSTED, `X-Request-Id: ${id}\r\n`)).id, id)
  for (const fields of ['X-Request-Id: \r\n', 'X-Request-Id: a b\r\n', 'X-Request-Id: <x>\r\n', `X-Request-Id: ${'x'.repeat(129)}\r\n`, 'X-Request-Id: a\r\nX-Request-Id: b\r\n']) {
    t.match((await told(t, TRUSTED, fields)).id, /^[0-9a-f]{8}-/, fields.slice(0, 30))
  }
})

t.test('what a filter writes in the gateway\'s place is not a second answer', async t => {
  const write = { 'x-forwarded-for': '6.6.6.6', 'x-forwarded-host': 'evil.test', forwarded: 'for=6.6.6.6', 'x-request-id': 'theirs' }
  const seen = await told(t, {}, '', write)
  t.same(withoutId(seen), [...OURS, 'via: 1.1 gatehouse'])
  t.equal(seen.lines.filter(line => line.startsWith('x-request-id')).length, 1)
})
