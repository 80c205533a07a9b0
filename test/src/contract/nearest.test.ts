import t from 'tap'
import { hint, nearest } from '../../../src/contract/nearest.ts'

t.test('finds the word that was meant, in any case', async t => {
  t.equal(nearest('pth', ['method', 'path']), 'path')
  t.equal(nearest('METHOD', ['path', 'method']), 'method')
  t.equal(nearest('rateLimit', ['rate-limit', 'retry']), 'rate-limit')
})

t.test('gives the nearest of several, the first of equal ones', async t => {
  t.equal(nearest('heads', ['head', 'header', 'beads']), 'head')
  t.equal(nearest('ab', ['abc', 'abd']), 'abc')
})

t.test('gives none where nothing is near', async t => {
  t.equal(nearest('authenticate', ['path', 'method']), null)
  t.equal(nearest('path', []), null)
  t.equal(nearest('abc', ['xyc1', 'abcdef']), null)
})

t.test('lets a long word have more mistakes', async t => {
  t.equal(nearest('removeResponseHeadr', ['remove-response-header']), 'remove-response-header')
})

t.test('does not take two short words without a letter in common for near', async t => {
  t.equal(nearest('x', ['a', 'b']), null)
  t.equal(nearest('id', ['to', 'on']), null)
  t.equal(nearest('i', ['id']), 'id')
})

t.test('hints at the nearest, at all, or says that there is none', async t => {
  t.equal(hint('pth', ['path', 'method']), ' - did you mean "path"?')
  t.equal(hint('zebra', ['path', 'method']), '; known: path, method')
  t.equal(hint('zebra', []), '; none is known')
})
