import fc from 'fast-check'
import t from 'tap'
import { joinQuery, parameter, parseQuery, queryValues } from '../../../src/contract/query-string.ts'

const pairs = (query: string) => parseQuery(query).map(({ name, value }) => [name, value])

t.test('reads names and values in order', async t => {
  t.same(parseQuery('a=1&b=2'), [{ name: 'a', value: '1', raw: 'a=1' }, { name: 'b', value: '2', raw: 'b=2' }])
  t.same(pairs(''), [])
  t.same(pairs('a&b=&=c&d=e=f'), [['a', ''], ['b', ''], ['', 'c'], ['d', 'e=f']])
  t.same(pairs('&&a&'), [['a', '']])
})

t.test('decodes escapes and plus signs in names and values', async t => {
  t.same(pairs('a+b=c%20d+e&%C3%A9=%e2%82%ac&%2B=%26%3D'), [['a b', 'c d e'], ['é', '€'], ['+', '&=']])
})

t.test('leaves broken escapes as they are and replaces what is not UTF-8', async t => {
  t.same(pairs('a=%&b=%zz&c=%4'), [['a', '%'], ['b', '%zz'], ['c', '%4']])
  t.same(pairs('a=%ff%41&b=%C3&c=%+%41'), [['a', '\ufffdA'], ['b', '\ufffd'], ['c', '% A']])
  t.same(pairs('a=\ud800%ff'), [['a', '\ufffd\ufffd']])
})

t.test('keeps a byte order mark', async t => {
  t.same(pairs('a=%EF%BB%BFb%ff'), [['a', '\ufeffb\ufffd']])
})

t.test('gives all values of one name', async t => {
  t.same(queryValues('a=1&b=2&%61=3&a', 'a'), ['1', '3', ''])
  t.same(queryValues('A=1', 'a'), [])
  t.same(queryValues('', ''), [])
})

t.test('decodes as URLSearchParams does', async () => {
  const piece = fc.string({ unit: fc.constantFrom('a', '%', '2', '6', 'C', 'f', '+', '=', '&', '%C3%A9', '%ff') })
  fc.assert(fc.property(piece, query => JSON.stringify(pairs(query)) === JSON.stringify([...new URLSearchParams(`x&${query}`)].slice(1))), { seed: 7, numRuns: 500 })
})

t.test('puts together the bytes that were sent, less the empty parts', async () => {
  fc.assert(fc.property(fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom('&', '=', '%', 'a', '+') })), query =>
    joinQuery(parseQuery(query)) === query.split('&').filter(part => part !== '').join('&')), { seed: 7, numRuns: 500 })
})

t.test('makes one parameter of any text, and no more than one', async () => {
  // UTF-16 code units, halves of surrogate pairs included
  const text = fc.array(fc.oneof(fc.nat(0x7f), fc.nat(0xffff), fc.integer({ min: 0xd800, max: 0xdfff })), { maxLength: 12 }).map(units => String.fromCharCode(...units))
  fc.assert(fc.property(text, text, (name, value) => {
    const { raw } = parameter(name, value)
    const read = parseQuery(`a=1&${raw}&b=2`)
    return /^[\x21-\x7e]+$/.test(raw) && !raw.includes('#') && read.length === 3 &&
      read[1]!.name === name.toWellFormed() && read[1]!.value === value.toWellFormed() && read[1]!.raw === raw
  }), { seed: 7, numRuns: 500 })
})

t.test('encodes half a surrogate pair instead of failing', async t => {
  t.equal(parameter('a', '\ud800').raw, 'a=%EF%BF%BD')
  t.same(parameter('a b', 'c&d=e'), { name: 'a b', value: 'c&d=e', raw: 'a%20b=c%26d%3De' })
})
