import t from 'tap'
import { clearedCookie, cookieValues, ownCookie, parseCookies } from '../../../src/contract/cookies.ts'
import { HeaderList } from '../../../src/contract/header-list.ts'

const cookies = (...lines: string[]) => HeaderList.from({ cookie: lines })

t.test('reads every cookie of every line, in order', async t => {
  t.same(parseCookies(cookies('a=1; b=2', 'c=3')), [{ name: 'a', value: '1' }, { name: 'b', value: '2' }, { name: 'c', value: '3' }])
  t.same(parseCookies(new HeaderList()), [])
})

t.test('gives all values of one name, which is case-sensitive', async t => {
  t.same(cookieValues(cookies('a=1; A=2; a=3', 'a=4'), 'a'), ['1', '3', '4'])
  t.same(cookieValues(cookies('a=1'), 'b'), [])
})

t.test('takes spaces around and one pair of quotes off', async t => {
  t.same(cookieValues(cookies('a = 1 ;a="2";a=""; a="""; a="'), 'a'), ['1', '2', '', '"', '"'])
})

t.test('keeps what a value may hold: equal signs, escapes, spaces inside', async t => {
  t.same(cookieValues(cookies('a=b=c; a=%3B; a=x y'), 'a'), ['b=c', '%3B', 'x y'])
})

t.test('passes over pieces that are no cookie', async t => {
  t.same(parseCookies(cookies('; a; ;;b=1;')), [{ name: 'b', value: '1' }])
  t.same(cookieValues(cookies('__proto__; a=1'), '__proto__'), [])
})

t.test('reads hostile lines in time linear in their length', async t => {
  t.equal(parseCookies(cookies(';'.repeat(50_000))).length, 0)
  t.equal(parseCookies(cookies('a=1;'.repeat(10_000))).length, 10_000)
})

t.test('writes cookies of its own that no page can read and plain http never carries', async t => {
  t.equal(ownCookie('__Host-a', 'v'), '__Host-a=v; Path=/; Secure; HttpOnly; SameSite=Lax')
  t.equal(ownCookie('__Host-a', 'v', 600), '__Host-a=v; Max-Age=600; Path=/; Secure; HttpOnly; SameSite=Lax')
  t.equal(clearedCookie('__Host-a'), '__Host-a=; Max-Age=0; Path=/; Secure; HttpOnly; SameSite=Lax')
})
