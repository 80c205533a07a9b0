import t from 'tap'
import { compilePattern, pattern } from '../../../src/contract/pattern.ts'

t.test('matches the whole text, finds a part of it', async t => {
  const digits = pattern('[0-9]+', '/regexp')
  t.equal(digits.source, '[0-9]+')
  t.same([digits.matches('12'), digits.matches('a12'), digits.matches('12\n')], [true, false, false])
  t.same([digits.finds('a12b'), digits.finds('ab')], [true, false])
})

t.test('gives the named groups of a text that fits', async t => {
  const version = pattern('v(?P<major>\\d+)(?:\\.(?<minor>\\d+))?', '/regexp')
  t.same({ ...version.groups('v1.2') }, { major: '1', minor: '2' })
  t.same({ ...version.groups('v1') }, { major: '1', minor: '' })
  t.equal(version.groups('v1.'), null)
  t.same({ ...pattern('a(b)', '').groups('ab') }, {})
})

t.test('lets a group have the name of what every object has', async t => {
  const groups = pattern('(?P<constructor>.*)', '').groups('a')
  t.same(Object.entries(groups!), [['constructor', 'a']])
  t.equal(Object.getPrototypeOf(groups), null)
  t.equal(pattern('(?P<a>.*)', '').groups('a')!['toString'], undefined)
})

t.test('can be asked again and again', async t => {
  const a = pattern('a', '')
  t.same([a.finds('a'), a.finds('a'), a.matches('a'), a.finds('b'), a.finds('a')], [true, true, true, false, true])
})

t.test('refuses what is no RE2 syntax, at its place, with the reason', async t => {
  for (const source of ['(', '[a', '(?=a)', '(?<!a)b', '(a)\\1', 'a{2000}', '*']) {
    const fault = { code: 'GW_CONFIG_INVALID', pointer: '/regexp', detail: /RE2 syntax \(no look-around, no back-references\): ./ }
    t.throws(() => pattern(source, '/regexp'), fault, source)
    t.throws(() => compilePattern(source, '/regexp'), fault, source)
  }
})

t.test('takes time linear in the text where backtracking would take for ever', async t => {
  const text = 'a'.repeat(5_000) + '!'
  t.equal(pattern('(a+)+$', '').finds(text), false)
  t.equal(pattern('(a|aa)*', '').matches(text), false)
  t.equal(pattern('(.*)*x', '').matches(text), false)
})
