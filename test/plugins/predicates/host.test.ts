import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import t from 'tap'
import host from '../../../plugins/predicates/host/index.ts'
import { ConfigErrors } from '../../../src/contract/config-error.ts'
import type { IndexHint } from '../../../src/contract/room.ts'
import { mount } from '../../../src/testing/index.ts'

for (const [config, takes, leaves] of [
  ['a.com', ['a.com', 'A.COM', 'a.com:80', 'a.com:8080'], ['b.com', 'x.a.com', 'a.com.org', 'a.co']],
  ['A.Com', ['a.com'], ['b.com']],
  ['*.a.com', ['x.a.com', 'x-y.a.com:1'], ['a.com', 'x.y.a.com', '.a.com']],
  ['**.a.com', ['a.com', 'x.a.com', 'x.y.a.com'], ['xa.com', 'a.com.org', 'com']],
  ['a.**', ['a', 'a.com', 'a.co.uk'], ['b.a', 'ab']],
  ['a.**.com', ['a.com', 'a.b.c.com'], ['com', 'a.com.org', 'x.a.com']],
  ['**.a.**.b.**', ['a.b', 'x.a.a.y.b.b.z'], ['b.a', 'a']],
  ['**', ['a', 'a.b.c', '[::1]', '10.0.0.1'], []],
  ['**.**.a', ['a', 'x.y.a'], ['b']],
  ['*', ['localhost'], ['a.com']],
  ['*.*', ['a.com'], ['a', 'a.b.com']],
  ['a*.com', ['a.com', 'abc.com'], ['ba.com', 'a.b.com']],
  ['a?.com', ['ab.com'], ['a.com', 'abc.com']],
  ['?.com', ['a.com'], ['ab.com']],
  ['{x}.com', ['a.com'], ['com', 'a.b.com', '.com']],
  ['{x:[A-Z]+}.com', ['a.com'], ['a1.com']],
  ['{x:.*}.com', ['a.com'], ['a.b.com', '.com']],
  ['{x:a{1,2}}.com', ['aa.com'], ['aaa.com']],
  ['*.{x:a|b}.**', ['z.a', 'z.b.c'], ['a', 'z.c']],
  ['a_b.com', ['a_b.com'], ['a-b.com']],
  ['10.0.0.1', ['10.0.0.1', '10.0.0.1:8080'], ['10.0.0.10']],
  ['[::1]', ['[::1]', '[::1]:8080'], ['[::2]', '::1']],
  ['[2001:DB8::1]:8443', ['[2001:db8::1]:8443'], ['[2001:db8::1]', '[2001:db8::1]:443']],
  ['a.com:8080', ['a.com:8080', 'a.com:08080'], ['a.com', 'a.com:80', 'a.com:80801', 'b.com:8080']],
  ['a.com:80', ['a.com', 'a.com:80'], ['a.com:443']],
  ['a.com:*', ['a.com', 'a.com:1'], []],
  ['**.a.com:8080', ['x.a.com:8080'], ['x.a.com']],
  [['a.com', '{x}.org'], ['a.com', 'b.org'], ['a.net']],
  [{ patterns: 'a.com' }, ['a.com'], ['b.com']]
] as [unknown, string[], string[]][]) {
  t.test(`${JSON.stringify(config)} takes what fits and is looked up by it`, async t => {
    const { match, index } = mount(host, config)
    for (const one of takes) {
      t.equal(await match({ host: one }), true, `takes ${one}`)
      t.ok(lookedUp(index, one), `looks up ${one}`)
    }
    for (const one of leaves) t.equal(await match({ host: one }), false, `leaves ${one}`)
  })
}

function lookedUp ({ hosts }: IndexHint, authority: string): boolean {
  const name = authority.replace(/:\d*$/, '').toLowerCase()
  return hosts === undefined || hosts.some(hint => hint.startsWith('*.') ? name.endsWith(hint.slice(1)) : name === hint)
}

t.test('counts the port of the scheme where the client names none', async t => {
  const { match } = mount(host, 'a.com:443')
  t.equal(await match({ host: 'a.com', scheme: 'https' }), true)
  t.equal(await match({ host: 'a.com', scheme: 'http' }), false)
  t.equal(await match({ host: 'a.com:443', scheme: 'http' }), true)
  t.equal(await mount(host, 'a.com:80').match({ host: 'a.com', scheme: 'https' }), false)
})

for (const [config, authority, captured] of [
  ['a.com', 'a.com', {}],
  ['*.com', 'a.com', {}],
  ['{sub}.myhost.org', 'Www.MyHost.org:81', { sub: 'www' }],
  ['{a}.{b-c}.com', 'x.y.com', { a: 'x', 'b-c': 'y' }],
  ['{a}-{b:[0-9]+}.com', 'x-y-12.com', { a: 'x-y', b: '12' }],
  ['{a:x|y}.com', 'y.com', { a: 'y' }],
  ['**.{a}.x.**.{b}', '1.2.x.3.x.4', { a: '2', b: '4' }],
  [['{a}.com', '{b}.**'], 'x.com', { a: 'x' }],
  [['{a}.com', '{b}.**'], 'x.org', { b: 'x' }],
  ['{constructor}.com', 'x.com', { constructor: 'x' }]
] as [unknown, string, Record<string, string>][]) {
  t.test(`${JSON.stringify(config)} captures from ${authority}`, async t => {
    t.strictSame(await mount(host, config).captured({ host: authority }), captured)
  })
}

t.test('tells the table the hosts it can be looked up by', async t => {
  const hints = (config: unknown) => mount(host, config).index.hosts
  t.strictSame(hints('A.com:80'), ['a.com'])
  t.strictSame(hints('*.a.com'), ['*.a.com'])
  t.strictSame(hints('**.a.com'), ['a.com', '*.a.com'])
  t.strictSame(hints('**.x.*.a.com'), ['*.a.com'])
  t.strictSame(hints('*.**.com'), ['*.com'])
  t.strictSame(hints(['a.com', '[::1]', '{x}.b.com']), ['a.com', '[::1]', '*.b.com'])
  t.equal(hints(['a.com', 'b.*']), undefined)
  t.equal(hints('**'), undefined)
})

t.test('tells where the hosts it is looked up by are all it takes', async t => {
  for (const patterns of ['a.com', '**.a.com', '**.**.a.com', ['a.com', '**.b.com'], '[::1]']) t.equal(mount(host, patterns).complete, true, String(patterns))
  for (const patterns of ['a.com:80', '**.a.com:80', '*.a.com', '{x}.a.com', 'a.**', '**', 'a.*.com', '**.x.*.a.com', ['a.com', '*.b.com']]) t.equal(mount(host, patterns).complete, false, String(patterns))
})

/** The simplest matcher that could be right: labels are a text, '*', '**' or a variable `{v<n>}`; a `**` takes nothing first. */
function reference (labels: readonly string[], name: readonly string[]): Record<string, string> | null {
  const [label, ...others] = labels
  const [first, ...left] = name
  if (label === undefined) return first === undefined ? {} : null
  if (label === '**') return reference(others, name) ?? (first === undefined ? null : reference(labels, left))
  if (first === undefined || !['*', first].includes(label.replace(/^\{.*/, '*'))) return null
  const after = reference(others, left)
  return after && (label.startsWith('{') ? { [label.slice(1, -1)]: first, ...after } : after)
}

t.test('agrees with a matcher that tries everything, and is looked up by whatever it takes', async t => {
  const seen = { taken: 0, left: 0 }
  const labels = fc.array(fc.constantFrom('a', 'b', '*', '**', '**', '{v}'), { minLength: 1, maxLength: 6 }).map(all => all.map((label, i) => label === '{v}' ? `{v${i}}` : label))
  await t.resolves(fc.assert(fc.asyncProperty(labels, fc.array(fc.constantFrom('a', 'b'), { minLength: 1, maxLength: 6 }), async (labels, name) => {
    const { match, captured, index, complete } = mount(host, labels.join('.'))
    const request = { host: name.join('.') }
    const expected = reference(labels, name)
    seen[expected ? 'taken' : 'left']++
    if (!expected) return !await match(request) && !(complete && lookedUp(index, request.host))
    return await match(request) && lookedUp(index, request.host) && isDeepStrictEqual(await captured(request), expected)
  }), { numRuns: 3000, seed: 7 }))
  t.ok(Math.min(seen.taken, seen.left) > 500, 'the property saw both outcomes')
})

t.test('compiles any text or says what is wrong with it', async t => {
  const source = fc.string({ minLength: 1, unit: fc.constantFrom('.', 'a', '{', '}', '*', '?', ':', '1', '-', '[', ']', '\\', '(', '%', '\u00e9') })
  await t.resolves(fc.assert(fc.asyncProperty(source, async source => {
    try {
      await mount(host, source).match()
      return true
    } catch (error) {
      return error instanceof ConfigErrors && error.errors.every(({ code }) => code === 'GW_CONFIG_INVALID')
    }
  }), { numRuns: 2000, seed: 7 }))
})

t.test('answers for the longest of hosts without trying every way', async t => {
  t.equal(await mount(host, '**.a.**.a.**.a.**.a.**.a.**.a.**.b.**.c').match({ host: 'a.'.repeat(4096) }), false)
})

for (const config of [
  'a..com', '.a.com', 'a.com.', '**a.com', 'a**.com', '***.com', '{x}.{x}.com', '{x', 'x}', '{}', '{1}', '{x:}.com', '{x:(}.com', '{x:(}{y:)}',
  '{*x}.com', 'a.com:0', 'a.com:65536', 'a.com:123456', 'a.com:', 'a.com:x', '::1', '[::1', '[::g]', '[a.com]', '[::1]x', 'a com', 'a/b', 'caf\u00e9.fr', 'a@b', ''
]) {
  t.test(`refuses ${JSON.stringify(config)}`, async t => {
    t.throws(() => mount(host, config), { errors: [{ code: 'GW_CONFIG_INVALID', pointer: '/host' }] })
    t.throws(() => mount(host, { patterns: ['a.com', config] }), { errors: [{ code: 'GW_CONFIG_INVALID', pointer: '/host/patterns/1' }] })
  })
}

t.test('refuses no patterns at all', async t => {
  t.throws(() => mount(host, null), { errors: [{ code: 'GW_CONFIG_INVALID', pointer: '/host' }] })
  t.throws(() => mount(host, []), { errors: [{ code: 'GW_CONFIG_INVALID', pointer: '/host' }] })
})

t.test('reads what Spring writes', async t => {
  const { name, args, toConfig } = host.spring!
  t.strictSame([name, args], ['Host', ['...patterns']])
  t.strictSame(toConfig!({ patterns: ['**.a.com', 'b.com'] }), { patterns: ['**.a.com', 'b.com'] })
  t.strictSame(toConfig!({ patterns: '**.a.com, b.com' }), { patterns: ['**.a.com', 'b.com'] })
})
