import t from 'tap'
import rewriteResponseHeader from '../../../plugins/filters/rewrite-response-header/index.ts'
import { mount } from '../../../src/testing/index.ts'

const rewritten = async (regexp: string, replacement: string, values: string | string[]) =>
  (await mount(rewriteResponseHeader, { name: 'X-A', regexp, replacement }, { headers: { 'x-a': values, 'x-b': 'password=1' } }).call()).reply.headers

t.test('replaces every part that fits, in every value of the header and in no other', async t => {
  const headers = await rewritten('password=[^&]+', 'password=***', ['/a?password=1&x=2&password=3', 'none', 'password=4'])
  t.same(headers.all('x-a'), ['/a?password=***&x=2&password=***', 'none', 'password=***'])
  t.same(headers.all('x-b'), ['password=1'])
})

for (const [replacement, expected] of [
  ['$1', 'a'],
  ['<$2$1>', '<ba>'],
  ['$0$0', 'abab'],
  ['$\\{second}', 'b'],
  ['$' + '{second}', 'b'],
  ['\\$1', '$1'],
  ['\\\\', '\\'],
  ['\\x', 'x'],
  ['', ''],
  ['$12', 'a2']
] as const) {
  t.test(`reads ${replacement} as Java does`, async t => {
    t.same((await rewritten('(a)(?P<second>b)', replacement, 'ab')).all('x-a'), [expected])
  })
}

t.test('gives a group that took no part no text', async t => {
  t.same((await rewritten('a|(b)', '[$1]', 'ab')).all('x-a'), ['[][b]'])
})

t.test('does nothing where the reply has no such header', async t => {
  const { call, decisions } = mount(rewriteResponseHeader, { name: 'X-A', regexp: 'a', replacement: 'b' })
  t.same((await call()).reply.headers.names(), [])
  t.equal(decisions('passed'), 1)
})

t.test('takes linear time for a pattern that stalls other engines', async t => {
  const value = 'a'.repeat(10_000)
  t.same((await rewritten('^(a+)+$', 'x', `${value}!`)).all('x-a'), [`${value}!`])
})

t.test('names the key that is wrong', async t => {
  const wrong = (over: object, key: string) => t.throws(() => mount(rewriteResponseHeader, { name: 'X-A', regexp: '(a)', replacement: 'b', ...over }),
    { errors: [{ code: 'GW_CONFIG_INVALID', pointer: `/rewrite-response-header/${key}` }] }, JSON.stringify(over))
  wrong({ name: 'Transfer-Encoding' }, 'name')
  wrong({ regexp: '(?!a)' }, 'regexp')
  wrong({ regexp: '(' }, 'regexp')
  wrong({ replacement: 'a\nb' }, 'replacement')
  for (const replacement of ['$2', '$', '$x', '$' + '{none}', '$' + '{', '\\']) wrong({ replacement }, 'replacement')
  wrong({ regexp: '(?P<a>b)', replacement: '$' + '{c}' }, 'replacement')
})
