import fc from 'fast-check'
import t from 'tap'
import { template, variables } from '../../../src/contract/template.ts'
import { capture } from '../../../src/contract/exchange.ts'
import { exchange } from '../../../src/testing/index.ts'

/** What the template makes for these captured variables. */
function filled (text: string, captured: Record<string, string> = {}): string {
  const x = exchange()
  capture(x, captured)
  return template(text, '')(x)
}

t.test('puts captured variables in their places, as they are on the wire', async t => {
  t.equal(filled('/a/{id}/b', { id: '7' }), '/a/7/b')
  t.equal(filled('{a}{b}{a}', { a: '1', b: '%2F' }), '1%2F1')
  t.equal(filled('{some_Name-2}', { 'some_Name-2': 'x' }), 'x')
})

t.test('puts nothing where a variable was not captured', async t => {
  t.equal(filled('a{id}b'), 'ab')
})

t.test('gives a text without variables as it is', async t => {
  t.equal(filled('plain'), 'plain')
  t.equal(filled(''), '')
})

t.test('takes doubled braces for the character', async t => {
  t.equal(filled('{{id}}', { id: '7' }), '{id}')
  t.equal(filled('{{{id}}}', { id: '7' }), '{7}')
  t.equal(filled('{{'), '{')
  t.equal(filled('}}{id}{{', { id: '7' }), '}7{')
})

t.test('never takes what was captured for a variable', async t => {
  t.equal(filled('{a}', { a: '{b}', b: 'no' }), '{b}')
})

t.test('puts nothing for what every object has', async t => {
  for (const name of ['constructor', 'toString', '__proto__', 'hasOwnProperty']) {
    t.equal(template(`[{${name}}]`, '')(exchange()), '[]', name)
    t.equal(filled(`[{${name}}]`, { id: '7' }), '[]', name)
    const x = exchange()
    x.params = { id: '7' }
    t.equal(template(`[{${name}}]`, '')(x), '[]', `${name} of an object with a prototype`)
  }
  t.equal(filled('{constructor}', { constructor: 'mine' } as unknown as Record<string, string>), 'mine')
})

t.test('refuses a brace without partner, and says where it stands', async t => {
  for (const [text, at] of [['{id', 1], ['a}', 2], ['{', 1], ['}', 1], ['{}', 1], ['{a b}', 1], ['{1a}', 1], ['{{a}', 4], ['{a{b}', 1], ['{ a }', 1], ['{é}', 1]] as const) {
    t.throws(() => template(text, '/value'), { code: 'GW_CONFIG_INVALID', pointer: '/value', detail: new RegExp(`at character ${at}:`) }, text)
  }
})

t.test('names the variables of a text', async t => {
  t.same(variables('/{a}/{{b}}/{c}{a}'), ['a', 'c', 'a'])
  t.same(variables('plain'), [])
})

t.test('gives back any text whose braces are doubled', async () => {
  fc.assert(fc.property(fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom('{', '}', 'a') })), text =>
    filled(text.replace(/[{}]/g, '$&$&'), { a: 'no' }) === text), { seed: 7, numRuns: 500 })
})
