import fc from 'fast-check'
import t from 'tap'
import { celExpressions } from '../../../src/adapters/cel-expressions.ts'
import { ConfigError } from '../../../src/contract/config-error.ts'
import { principal, type Principal } from '../../../src/contract/principal.ts'
import { requestKey, RequestKeySchema, type RequestKeyConfig } from '../../../src/contract/request-key.ts'
import { validate } from '../../../src/contract/validate.ts'
import { exchange, type TestRequest } from '../../../src/testing/index.ts'

/** As a route file writes it. */
function compile (written: unknown, pointer = '/by') {
  const { value, faults } = validate(RequestKeySchema, written)
  t.same(faults, [], JSON.stringify(written))
  return requestKey(value as RequestKeyConfig, celExpressions, pointer)
}
const keyOf = (written: unknown, request: TestRequest = {}): string => compile(written)(exchange(request))
const from = (address: string): TestRequest => ({ client: { address } })
const caller = (known: Partial<Principal> = {}): Principal => principal({ subject: 'ada', source: 'jwt', level: 2, issuer: 'https://issuer.test', ...known })

t.test('a principal belongs to who vouches for it', async t => {
  const key = (known: Partial<Principal>) => keyOf('principal', { principal: caller(known) })
  t.equal(key({}), key({}))
  const all = [key({}), key({ subject: 'bob' }), key({ issuer: 'https://other.test' }), key({ issuer: null, source: 'basic' }), key({ issuer: null, source: 'api-key' })]
  t.equal(new Set(all).size, all.length)
  t.notOk(all.includes(''))
  t.equal(keyOf('principal'), '')
})

t.test('a principal has one key, however often it is asked for', async t => {
  const who = caller()
  const key = compile('principal')
  t.equal(key(exchange({ principal: who })), key(exchange({ principal: who })))
  t.not(key(exchange({ principal: who })), key(exchange({ principal: caller({ subject: 'bob' }) })))
})

t.test('a client is told from the same one of another issuer, and from its users', async t => {
  const key = (known: Partial<Principal>) => keyOf('client', { principal: caller(known) })
  t.equal(key({ client: 'app' }), key({ client: 'app', subject: 'bob' }))
  t.not(key({ client: 'app' }), key({ client: 'app', issuer: 'https://other.test' }))
  t.not(key({ client: 'app' }), key({ client: 'web' }))
  t.not(key({ client: 'app', issuer: null, source: 'certificate' }), '')
  t.equal(key({}), '')
  t.equal(keyOf('client'), '')
})

t.test('an API key is one that was checked', async t => {
  t.equal(keyOf('api-key', { principal: caller({ source: 'api-key', issuer: null }) }), 'ada')
  t.equal(keyOf('api-key', { principal: caller() }), '')
  t.equal(keyOf('api-key', { headers: { 'x-api-key': 'made-up' } }), '')
})

t.test('a route and a host are what the gateway takes them for', async t => {
  const x = exchange({ host: 'Shop.Example:8080' })
  t.equal(compile('host')(x), 'shop.example')
  t.equal(compile('route')(x), '')
  x.route = { id: 'orders', metadata: {} }
  t.equal(compile('route')(x), 'orders')
})

t.test('a header counts with all its lines, in any case of its name', async t => {
  t.equal(keyOf({ header: 'X-Tenant' }, { headers: { 'x-tenant': 'a' } }), 'a')
  t.equal(keyOf({ header: 'x-TENANT' }, { headers: { 'X-Tenant': ['a', 'b'] } }), 'a, b')
  t.equal(keyOf({ header: 'X-Tenant' }, { headers: { 'x-tenant': '' } }), '')
  t.equal(keyOf({ header: 'X-Tenant' }), '')
})

t.test('a cookie, a parameter of the query, and a variable of the path', async t => {
  t.equal(keyOf({ cookie: 'sid' }, { headers: { cookie: 'a=1; sid="x y"; sid=z' } }), 'x y')
  t.equal(keyOf({ cookie: 'sid' }, { headers: { cookie: 'SID=x' } }), '')
  t.equal(keyOf({ cookie: 'sid' }), '')
  t.equal(keyOf({ query: 'q' }, { target: '/?a=1&q=b%20c&q=d' }), 'b c')
  t.equal(keyOf({ query: 'q' }, { target: '/?q' }), '')
  t.equal(keyOf({ query: 'q' }), '')
  t.equal(keyOf({ param: 'id' }, { params: { id: '7%2F8' } }), '7%2F8')
  t.equal(keyOf({ param: 'toString' }, { params: { id: '7' } }), '')
  t.equal(keyOf({ param: 'id' }), '')
})

t.test('a parameter is that of the request as it came', async t => {
  const x = exchange({ target: '/?q=mine' })
  x.query = 'q=other'
  t.equal(compile({ query: 'q' })(x), 'mine')
})

t.test('a claim may be any value, and stand inside another', async t => {
  const key = (claim: string, claims: Record<string, unknown>) => keyOf({ claim }, { principal: caller({ claims }) })
  t.equal(key('tenant', { tenant: 'acme' }), 'acme')
  t.equal(key('org.id', { org: { id: 7 } }), '7')
  t.equal(key('org.id', { 'org.id': 'flat' }), 'flat')
  t.equal(key('admin', { admin: false }), 'false')
  t.equal(key('groups', { groups: ['a', 'b'] }), '["a","b"]')
  for (const claims of [{}, { tenant: null }, { tenant: '' }]) t.equal(key('tenant', claims), '', JSON.stringify(claims))
  t.equal(key('__proto__', {}), '')
  t.equal(keyOf({ claim: 'tenant' }), '')
})

t.test('an expression gives any text', async t => {
  t.equal(keyOf({ expression: 'request.method + " " + request.header("x-a")' }, { headers: { 'x-a': 'b' } }), 'GET b')
  t.equal(keyOf({ expression: 'request.header("x-a")' }), '')
  t.equal(keyOf({ expression: '1 + 1' }), '2')
  t.throws(() => keyOf({ expression: 'principal.claim("a") + "b"' }), { code: 'GW_EXPRESSION_FAILED' })
})

t.test('an expression that cannot be is told at its place', async t => {
  const fault = (expression: string) => {
    try {
      return compile({ expression }, '/limits/0/by')
    } catch (error) {
      return error instanceof ConfigError && [error.code, error.pointer]
    }
  }
  t.same(fault('request.nothing'), ['GW_CONFIG_EXPRESSION', '/limits/0/by/expression'])
  t.same(fault('request'), ['GW_CONFIG_EXPRESSION', '/limits/0/by/expression'])
  t.same(fault('1 +'), ['GW_CONFIG_EXPRESSION', '/limits/0/by/expression'])
  t.same(fault('reply.status'), ['GW_CONFIG_NO_EFFECT', '/limits/0/by/expression'])
  t.same(fault('body.id'), ['GW_CONFIG_NO_EFFECT', '/limits/0/by/expression'])
})

t.test('an IPv4 address counts whole, an IPv6 address by its first 64 bits', async t => {
  for (const by of ['address', { address: {} }]) {
    t.equal(keyOf(by, from('192.0.2.7')), '192.0.2.7')
    t.equal(keyOf(by, from('2001:db8:0:1::7')), '2001:db8:0:1::/64')
    t.equal(keyOf(by, from('2001:DB8:0:1:ffff:ffff:ffff:ffff')), '2001:db8:0:1::/64')
    t.not(keyOf(by, from('2001:db8:0:2::7')), keyOf(by, from('2001:db8:0:1::7')))
  }
})

t.test('prefixes of IPv4', async t => {
  for (const [bits, address, key] of [
    [0, '255.1.2.3', '0.0.0.0/0'], [1, '255.1.2.3', '128.0.0.0/1'], [8, '10.1.2.3', '10.0.0.0/8'], [12, '172.31.255.255', '172.16.0.0/12'],
    [20, '192.0.255.1', '192.0.240.0/20'], [24, '192.0.2.200', '192.0.2.0/24'], [31, '192.0.2.201', '192.0.2.200/31'], [32, '192.0.2.201', '192.0.2.201']
  ] as const) t.equal(keyOf({ address: { ipv4: bits } }, from(address)), key)
})

t.test('prefixes of IPv6', async t => {
  for (const [bits, address, key] of [
    [0, '2001:db8::1', ':/0'], [0, '::', ':/0'], [1, 'ffff::', '8000::/1'], [16, '2001:db8::1', '2001::/16'], [32, '2001:db8:ffff::1', '2001:db8::/32'],
    [56, '2001:db8:1:12ff::1', '2001:db8:1:1200::/56'], [64, '::', '0:0:0:0::/64'], [64, '::1', '0:0:0:0::/64'], [64, '1::', '1:0:0:0::/64'],
    [127, '::3', '0:0:0:0:0:0:0:2::/127'], [128, '::', '0:0:0:0:0:0:0:0::/128'], [128, '1:2:3:4:5:6:7:8', '1:2:3:4:5:6:7:8::/128'],
    [128, '1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0::/128'], [128, '::2:3:4:5:6:7:8', '0:2:3:4:5:6:7:8::/128'], [128, '1::8', '1:0:0:0:0:0:0:8::/128']
  ] as const) t.equal(keyOf({ address: { ipv6: bits } }, from(address)), key)
})

t.test('every spelling of an address has the key of the address', async t => {
  const whole = (address: string) => keyOf({ address: { ipv6: 128 } }, from(address))
  t.equal(whole('::ffff:192.0.2.7'), '192.0.2.7', 'mapped')
  t.equal(whole('::FFFF:c000:207'), '192.0.2.7')
  t.equal(keyOf({ address: { ipv4: 24 } }, from('::ffff:192.0.2.7')), '192.0.2.0/24')
  t.equal(whole('64:ff9b::192.0.2.7'), whole('64:ff9b::c000:207'), 'with a tail in the form of IPv4')
  t.equal(whole('::192.0.2.7'), whole('0:0:0:0:0:0:c000:0207'))
  t.equal(whole('1:2:3:4:5:6:192.0.2.7'), whole('1:2:3:4:5:6:c000:207'))
  t.equal(whole('fe80::1%eth0'), whole('fe80::1'), 'with a zone')
  t.equal(keyOf('address', from('fe80::1%2')), 'fe80:0:0:0::/64')
})

t.test('no network of one family has the key of one of the other', async t => {
  const by = { address: { ipv4: 24, ipv6: 24 } }
  t.not(keyOf(by, from('32.1.13.1')), keyOf(by, from('2001:d00::')))
  t.not(keyOf({ address: { ipv4: 0, ipv6: 0 } }, from('1.1.1.1')), keyOf({ address: { ipv4: 0, ipv6: 0 } }, from('::1')))
})

t.test('what is no address has no key', async t => {
  for (const address of ['', 'unknown', '/run/gatehouse.sock', '192.0.2', '1.2.3.4.5', '[::1]', ':::', '12345::']) t.equal(keyOf('address', from(address)), '', address)
})

t.test('two addresses share a key where their first bits are the same, and only there', async () => {
  const groups = fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 8, maxLength: 8 })
  const value = (address: readonly number[]) => address.reduce((sum, group) => sum * 65536n + BigInt(group), 0n)
  const written = (address: readonly number[]) => address.map(group => group.toString(16)).join(':')
  fc.assert(fc.property(groups, fc.nat(127), fc.integer({ min: 1, max: 128 }), (address, bit, bits) => {
    const other = value(address) ^ (1n << BigInt(127 - bit))
    const otherGroups = Array.from({ length: 8 }, (_, i) => Number((other >> BigInt(112 - 16 * i)) & 0xffffn))
    const key = requestKey({ address: { ipv4: 32, ipv6: bits } }, celExpressions, '/by')
    return (key(exchange(from(written(address)))) === key(exchange(from(written(otherGroups))))) === (bit >= bits) || /^[0:]*:ffff:/.test(written(address))
  }), { numRuns: 200 })
})

t.test('an address has one key, with zeros left out or written', async () => {
  const group = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 0xffff }))
  const key = requestKey({ address: { ipv4: 32, ipv6: 128 } }, celExpressions, '/by')
  fc.assert(fc.property(fc.array(group, { minLength: 8, maxLength: 8 }), groups => {
    const written = groups.map(one => one.toString(16).padStart(4, '0').toUpperCase()).join(':')
    const short = new URL(`http://[${written}]`).hostname.slice(1, -1)
    return key(exchange(from(written))) === key(exchange(from(short)))
  }), { numRuns: 200 })
})

t.test('a key that is not in the vocabulary is told', async t => {
  for (const [written, code, pointer] of [
    ['adress', 'GW_CONFIG_INVALID', ''],
    [{ address: { ipv4: 33 } }, 'GW_CONFIG_INVALID', '/address/ipv4'],
    [{ address: { ipv6: 129 } }, 'GW_CONFIG_INVALID', '/address/ipv6'],
    [{ address: { v4: 8 } }, 'GW_CONFIG_UNKNOWN_KEY', '/address/v4'],
    [{ header: 'no header' }, 'GW_CONFIG_INVALID', '/header'],
    [{ cookie: '' }, 'GW_CONFIG_INVALID', '/cookie'],
    [7, 'GW_CONFIG_INVALID', '']
  ] as const) t.match(validate(RequestKeySchema, written).faults, [{ code, pointer }], JSON.stringify(written))
  t.ok(validate(RequestKeySchema, { header: 'A', cookie: 'b' }).faults.length > 0, 'two at once')
})
