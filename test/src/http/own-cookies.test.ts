import t from 'tap'
import { withoutOwnCookies } from '../../../src/http/own-cookies.ts'

const taken = (line: string) => {
  const found = new Map<string, string>()
  return [withoutOwnCookies(line, '__Host-gw', found), Object.fromEntries(found)]
}

t.test('takes the gateway\'s own cookies out and leaves the bytes of the others', async t => {
  t.same(taken('a=1; b="2"'), ['a=1; b="2"', {}])
  t.same(taken('__Host-gw=s'), ['', { '__Host-gw': 's' }])
  t.same(taken('a=1;__Host-gw=s;  b=2'), ['a=1;  b=2', { '__Host-gw': 's' }])
  t.same(taken('__Host-gw.0=x; a=__Host-gw; __Host-gw.login=y=z'), ['a=__Host-gw', { '__Host-gw.0': 'x', '__Host-gw.login': 'y=z' }])
})

t.test('takes them in every spelling that a server could read as one', async t => {
  t.same(taken('a=1;\t__Host-gw =  s '), ['a=1', { '__Host-gw': 's' }])
  t.same(taken('__Host-gw; a=1'), ['a=1', {}])
  t.same(taken('__Host-gw=1; __Host-gw=2'), ['', { '__Host-gw': '1' }])
})

t.test('leaves cookies that only look alike', async t => {
  t.same(taken('__Host-gwx=1; x__Host-gw=2; __host-gw=3'), ['__Host-gwx=1; x__Host-gw=2; __host-gw=3', {}])
})
