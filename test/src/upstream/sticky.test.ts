import { createHmac } from 'node:crypto'
import t from 'tap'
import { exchange, reply } from '../../../src/testing/index.ts'
import { Sticky, type MacOf } from '../../../src/upstream/sticky.ts'
import { address, fakePool, type FakePool } from './fake-pool.ts'

const code = (key: string, text: string) => createHmac('sha256', key).update(text).digest().subarray(0, 16).toString('base64url')
/** Codes by these keys, the newest first. */
const keys = (...ring: string[]): MacOf => () => ({ current: text => code(ring[0]!, text), accepted: text => ring.map(key => code(key, text)) })
const CONFIG = { cookie: '__Host-gatehouse-endpoint', ring: 'sticky' }

const sticky = ({ pool, clock }: FakePool, macOf = keys('one'), more: { lifetime?: number } = {}) => new Sticky(pool, { ...CONFIG, ...more }, macOf, clock)
const AB = [address('a'), address('b')]
const withCookie = (...lines: string[]) => exchange({ headers: { cookie: lines } })

/** The cookie that a sticky upstream gives for a member. */
const given = (one: Sticky, fake: FakePool, host: string, x = exchange()): string => {
  const answer = one.keep(x, reply(), fake.get(host))
  return answer.headers.first('set-cookie')!
}
const pairOf = (setCookie: string) => setCookie.split(';')[0]!

t.test('a browser is told to stay with its member, and comes back to it', async t => {
  const fake = fakePool(AB)
  const one = sticky(fake)
  const setCookie = given(one, fake, 'b')
  t.match(setCookie, /^__Host-gatehouse-endpoint=[A-Za-z0-9_-]{22}; Path=\/; Secure; HttpOnly; SameSite=Lax$/)
  t.equal(one.memberOf(withCookie(`x=1; ${pairOf(setCookie)}; y=2`)), fake.get('b'))
  t.equal(one.memberOf(withCookie('x=1', pairOf(setCookie))), fake.get('b'), 'in any line')
  t.match(given(sticky(fake, keys('one'), { lifetime: 90_500 }), fake, 'a'), '; Max-Age=91; ')
})

t.test('the cookie tells nothing of the address, and is another for each upstream and ring', async t => {
  const fake = fakePool([address('10.1.2.3')])
  const value = pairOf(given(sticky(fake), fake, '10.1.2.3'))
  t.notMatch(value + Buffer.from(value.split('=')[1]!, 'base64url').toString('latin1'), /10\.1|orders/)
  const other = fakePool([address('10.1.2.3')], { name: 'other' })
  t.not(pairOf(given(sticky(other), other, '10.1.2.3')), value)
  t.not(pairOf(given(sticky(fake, keys('two')), fake, '10.1.2.3')), value)
})

t.test('a cookie that the ring has not made is none', async t => {
  const fake = fakePool(AB)
  const one = sticky(fake)
  const mine = pairOf(given(one, fake, 'a')).split('=')[1]!
  const forged = code('guessed', JSON.stringify(['orders', 'http://a', 'a']))
  for (const value of ['', 'http://a', forged, `${mine.slice(0, -1)}_`, mine.slice(0, 21), `${mine}A`, `${'A'.repeat(5000)}`, 'a.'.repeat(3000)]) {
    t.equal(one.memberOf(withCookie(`${CONFIG.cookie}=${value}`)), null, value.slice(0, 40))
  }
  t.equal(one.memberOf(withCookie(`other=${mine}`)), null, 'nor under another name')
  t.equal(one.memberOf(exchange()), null)
})

t.test('cookies of an older key hold as long as the ring has it', async t => {
  const fake = fakePool(AB)
  const old = pairOf(given(sticky(fake, keys('old')), fake, 'a'))
  const both = sticky(fake, keys('new', 'old'))
  t.equal(both.memberOf(withCookie(old)), fake.get('a'))
  t.not(pairOf(given(both, fake, 'a')), old)
  t.equal(sticky(fake, keys('new')).memberOf(withCookie(old)), null)
})

t.test('keys that begin by the clock are seen', async t => {
  const fake = fakePool(AB)
  let ring = ['old']
  const one = sticky(fake, () => ({ current: text => code(ring[0]!, text), accepted: text => ring.map(key => code(key, text)) }))
  t.equal(one.memberOf(withCookie('x=1')), null)
  const later = pairOf(given(sticky(fake, keys('new')), fake, 'a'))
  ring = ['new']
  t.equal(one.memberOf(withCookie(later)), null)
  fake.clock.advance(60_000)
  t.equal(one.memberOf(withCookie(later)), fake.get('a'))
})

t.test('members that come and go are known at once', async t => {
  const fake = fakePool([])
  const one = sticky(fake)
  fake.pool.setMembers(AB)
  const pair = pairOf(given(one, fake, 'a'))
  t.equal(one.memberOf(withCookie(pair)), fake.get('a'))
  fake.pool.setMembers([address('b')])
  t.equal(one.memberOf(withCookie(pair)), null)
})

t.test('several upstreams of one host share the cookie', async t => {
  const orders = fakePool(AB)
  const carts = fakePool(AB, { name: 'carts' })
  const [one, other] = [sticky(orders), sticky(carts)]
  const first = pairOf(given(one, orders, 'a'))
  const both = pairOf(given(other, carts, 'b', withCookie(first)))
  t.equal(one.memberOf(withCookie(both)), orders.get('a'))
  t.equal(other.memberOf(withCookie(both)), carts.get('b'))
  const moved = pairOf(given(one, orders, 'b', withCookie(both)))
  t.equal(one.memberOf(withCookie(moved)), orders.get('b'))
  t.equal(other.memberOf(withCookie(moved)), carts.get('b'))
  t.equal(moved.split('.').length, 2, 'what it said before is gone')
  const strange = Array.from({ length: 9 }, (_, i) => String(i).repeat(22)).join('.')
  t.equal(pairOf(given(one, orders, 'a', withCookie(`${CONFIG.cookie}=${strange}`))).split('.').length, 4)
  t.equal(pairOf(given(one, orders, 'a', withCookie(`${CONFIG.cookie}=<script>.x`))), first, 'nothing is given back that we could not have made')
})

t.test('nobody is told to stay with one that does not answer well', async t => {
  const fake = fakePool(AB)
  const one = sticky(fake)
  const answers = [{ ...reply(), code: 'GW_UPSTREAM_UNREACHABLE' as const }, { ...reply(), status: 503 }, { ...reply(), status: 404 }]
  t.same(answers.map(answer => one.keep(exchange(), answer, fake.get('a')).headers.has('set-cookie')), [false, false, true])
})

t.test('the cookie stays in the request and does not go upstream', async t => {
  const fake = fakePool(AB)
  const forward = sticky(fake).forwarder((_x, flat) => { flat.push('via', 'us') })
  const sent = (...flat: string[]) => {
    forward(exchange(), flat)
    return flat
  }
  t.same(sent('host', 'a', 'cookie', `x=1; ${CONFIG.cookie}=abc;y=2`), ['host', 'a', 'cookie', 'x=1; y=2', 'via', 'us'])
  t.same(sent('cookie', `${CONFIG.cookie}=abc`, 'cookie', 'x=1', 'accept', '*/*'), ['cookie', 'x=1', 'accept', '*/*', 'via', 'us'])
  t.same(sent('cookie', `${CONFIG.cookie}=a; ${CONFIG.cookie}=b`), ['via', 'us'])
  t.same(sent('cookie', `${CONFIG.cookie}2=abc;x=${CONFIG.cookie}`), ['cookie', `${CONFIG.cookie}2=abc; x=${CONFIG.cookie}`, 'via', 'us'])
  t.same(sent('cookie', 'a=1;b=2'), ['cookie', 'a=1;b=2', 'via', 'us'], 'others stay as they were')
})
