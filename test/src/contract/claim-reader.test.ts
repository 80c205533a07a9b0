import t from 'tap'
import { claimReader } from '../../../src/contract/index.ts'

t.test('a claim is found by its name, or by the way to it', async t => {
  t.equal(claimReader('sub')({ sub: 'alice' }), 'alice')
  t.same(claimReader('realm_access.roles')({ realm_access: { roles: ['admin'] } }), ['admin'])
  t.equal(claimReader('a.b.c')({ a: { b: { c: 0 } } }), 0)
  t.equal(claimReader('sub')({}), undefined)
  t.equal(claimReader('a.b')({ a: {} }), undefined)
})

t.test('a name with dots in it goes before the way that it could be', async t => {
  t.equal(claimReader('a.b')({ 'a.b': 'name', a: { b: 'way' } }), 'name')
  t.equal(claimReader('a.b')({ 'a.b': null, a: { b: 'way' } }), null)
})

t.test('a URL is a name and never a way', async t => {
  const name = 'https://acme.test/org.id'
  t.equal(claimReader(name)({ [name]: 'o1' }), 'o1')
  t.equal(claimReader(name)({ 'https://acme': { 'test/org': { id: 'o1' } } }), undefined)
})

t.test('no way leads through a list, a text or a prototype', async t => {
  t.equal(claimReader('list.0')({ list: ['a'] }), undefined)
  t.equal(claimReader('list.length')({ list: ['a'] }), undefined)
  t.equal(claimReader('text.length')({ text: 'a' }), undefined)
  t.equal(claimReader('a.b')({ a: null }), undefined)
  for (const name of ['constructor', '__proto__', 'a.constructor', 'a.__proto__', 'constructor.name']) t.equal(claimReader(name)({ a: {} }), undefined, name)
})
