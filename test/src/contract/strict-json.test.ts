import fc from 'fast-check'
import t from 'tap'
import { strictJson } from '../../../src/contract/strict-json.ts'

const read = (text: string) => strictJson(Buffer.from(text))

t.test('an object is read as JSON.parse reads it', async t => {
  const text = '{ "a": [1, -0.5e3, true, null, "x:{[\\"\\\\"], "b": { "": {}, "é\\u0041": "\\ud83d\\ude00" }, "constructor": 1, "1": 2 }'
  t.same(read(text), JSON.parse(text))
  t.same(read('{}'), {})
})

t.test('whatever can be written as JSON comes back the same', async () => {
  const value = fc.jsonValue({ maxDepth: 6, noUnicodeString: false })
  fc.assert(fc.property(fc.dictionary(fc.string().filter(name => name !== '__proto__'), value), object => {
    const text = JSON.stringify(object)
    if (text.length > 8192 || text.includes('__proto__') || /\\ud[89a-f]/.test(text)) return true
    return JSON.stringify(read(text)) === JSON.stringify(JSON.parse(text))
  }))
})

t.test('a name that is there twice is refused wherever and however it is written', async () => {
  const escaped = (name: string): string => [...name].map(c => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`).join('')
  fc.assert(fc.property(fc.stringMatching(/^[a-z]{1,5}$/), fc.boolean(), fc.nat(5), fc.jsonValue(), fc.jsonValue(), (name, escape, depth, one, two) => {
    const object = `{"${name}":${JSON.stringify(one)},"${escape ? escaped(name) : name}":${JSON.stringify(two)}}`
    return read(`${'{"in":['.repeat(depth)}${object}${']}'.repeat(depth)}`) === null
  }))
})

t.test('what is read cannot be changed, to the bottom', async t => {
  const object = read('{"a":[{"b":{}}]}') as { a: { b: object }[] }
  t.ok([object, object.a, object.a[0], object.a[0]!.b].every(Object.isFrozen))
})

t.test('16 levels are read, 17 are not', async t => {
  t.ok(read(`{"a":${'['.repeat(15)}${']'.repeat(15)}}`))
  t.equal(read(`{"a":${'['.repeat(16)}${']'.repeat(16)}}`), null)
  t.ok(read(`{"a":"${'['.repeat(100)}"}`), 'brackets in a text are none')
})

t.test('8 KiB are read, a byte more is not', async t => {
  t.ok(read(`{"a":"${'x'.repeat(8192 - 8)}"}`))
  t.equal(read(`{"a":"${'x'.repeat(8192 - 7)}"}`), null)
})

t.test('what is no object, no JSON or no UTF-8 is refused', async t => {
  for (const text of ['', ' ', '[]', '1', 'null', 'true', '"x"', '{', '{"a"}', '{"a":1,}', '{a:1}', '{"a":1}}', '{}{}', '\ufeff{}', '{"a":1e999}', '{"a":-1e999}', '{"a":"\\ud800"}', '{"\\udfff":1}', '{"__proto__":{}}', '{"a":[{"__proto__":1}]}', '{"a":"\n"}', '{"a', '{"a":"\\']) {
    t.equal(read(text), null, text)
  }
  t.equal(strictJson(Buffer.from('{"a":"\xff"}', 'latin1')), null)
  t.equal(strictJson(Buffer.from('{}', 'utf16le')), null)
})
