/* eslint no-template-curly-in-string: off -- Java writes named groups so */
import fc from 'fast-check'
import t from 'tap'
import { GatewayError } from '../../../src/contract/errors.ts'
import { rewrite } from '../../../src/contract/rewrite.ts'

const RUNS = { seed: 7, numRuns: 1000 }
const become = (regexp: string, replacement: string, text: string) => rewrite(regexp, replacement)(text)

t.test('replaces every part that fits and leaves the rest', async t => {
  t.equal(become('b', 'x', 'abcb'), 'axcx')
  t.equal(become('^/red/', '/', '/red/blue/red/'), '/blue/red/')
  t.equal(become('b+', '', 'abbbc'), 'ac')
  t.equal(become('b', 'x', 'ac'), 'ac')
  t.equal(become('b', 'x', ''), '')
  t.equal(become('.*', '', 'abc'), '')
})

t.test('puts numbered groups in their place', async t => {
  t.equal(become('/(\\w+)/(\\w+)', '/$2/$1', '/a/b'), '/b/a')
  t.equal(become('b', '[$0]', 'abc'), 'a[b]c')
  t.equal(become('(a)|(b)', '<$1$2>', 'ab'), '<a><b>')
  t.equal(become('(a)(b)', '$12', 'ab'), 'a2', 'two groups: $12 is the first and a 2')
  t.equal(become('(a)(b)(c)(d)(e)(f)(g)(h)(i)(j)(k)(l)', '$12', 'abcdefghijkl'), 'l')
  t.equal(become('(a)', '$0$01', 'a'), 'aa', 'a leading zero is part of the number as in Java')
})

t.test('puts named groups in their place, in both spellings of the pattern', async t => {
  t.equal(become('/red/?(?<segment>.*)', '/${segment}', '/red/blue'), '/blue')
  t.equal(become('/red/?(?P<segment>.*)', '/${segment}', '/red/blue'), '/blue')
  t.equal(become('(?<a>a)?b', '[${a}]', 'b'), '[]')
})

t.test("takes Spring's $\\ for $", async t => {
  t.equal(become('/red/?(?<segment>.*)', '/$\\{segment}', '/red/blue'), '/blue')
  t.equal(become('(a)', '$\\1', 'a'), 'a')
})

t.test('takes an escaped character for itself', async t => {
  t.equal(become('a', '\\$1', 'a'), '$1')
  t.equal(become('a', '\\\\', 'a'), '\\')
  t.equal(become('a', '\\x\\{', 'a'), 'x{')
  t.equal(become('a', '{b} & $0', 'a'), '{b} & a')
})

t.test('never takes what was captured for notation', async t => {
  t.equal(become('(.+)', '<$1>', '$1 ${a} \\'), '<$1 ${a} \\>')
})

t.test('refuses a replacement that the pattern has no group for, at its place', async t => {
  const places = { regexp: '/from', replacement: '/to' }
  for (const [replacement, says] of [
    ['$1', /no group 1; it has 0/], ['$9', /no group 9/], ['${a}', /no group named "a"; it has no named groups/], ['${}', /no group named ""/],
    ['$', /a single \$/], ['a$', /a single \$/], ['$a', /a single \$/], ['${a', /a single \$/], ['a\\', /a single \\/], ['${constructor}', /no group named "constructor"/]
  ] as const) t.throws(() => rewrite('b', replacement, places), { code: 'GW_CONFIG_INVALID', pointer: '/to', detail: says }, replacement)
  t.throws(() => rewrite('(?<a>b)', '${c}', places), { code: 'GW_CONFIG_INVALID', pointer: '/to', detail: /it has a$/ })
  t.throws(() => rewrite('(', 'a', places), { code: 'GW_CONFIG_INVALID', pointer: '/from' })
  t.throws(() => rewrite('(', 'a'), { code: 'GW_CONFIG_INVALID', pointer: '/regexp' })
  t.throws(() => rewrite('a', '$1'), { code: 'GW_CONFIG_INVALID', pointer: '/replacement' })
})

t.test('can be asked again and again', async t => {
  const once = rewrite('a', 'b')
  t.same([once('aa'), once(''), once('ca')], ['bb', '', 'cb'])
})

t.test('gives up on a text that fits so often that it would take too long', async t => {
  const each = rewrite('a', 'b')
  t.equal(each('a'.repeat(300)), 'b'.repeat(300))
  t.throws(() => each('a'.repeat(1_000)), new GatewayError('GW_FILTER_FAILED'))
  t.throws(() => each('a'.repeat(1_000_000)), { code: 'GW_FILTER_FAILED' })
  t.throws(() => rewrite('', 'b')('c'.repeat(1_000)), { code: 'GW_FILTER_FAILED' }, 'also where every match is empty')
})

t.test('takes a long text with few matches', async t => {
  const text = 'c'.repeat(10_000)
  t.equal(become('^', 'x', text), `x${text}`)
  t.equal(become('(a+)+$', 'x', text), text)
  t.equal(become('$', 'x', text.repeat(6)), `${text.repeat(6)}x`)
})

t.test('does as String.replace does', async () => {
  const atom = fc.constantFrom('a', 'b', '.', '[ab]', '(a)', '(?:ab)', '(b|c)', '\\w', 'c?', 'a+', 'b*', '^', '$')
  const regexp = fc.array(atom, { minLength: 1, maxLength: 4 }).map(atoms => atoms.join(''))
  const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c', '/'), maxLength: 12 })
  fc.assert(fc.property(regexp, fc.constantFrom('', 'x', '<$0>', '$0$0'), text, (source, replacement, written) =>
    become(source, replacement, written) === written.replace(new RegExp(source, 'g'), replacement.replaceAll('$0', '$$&'))), RUNS)
})
