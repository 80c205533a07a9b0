import t from 'tap'
import { onePerConfiguration } from '../../../src/contract/index.ts'
import { fakeIssuers } from '../../../src/testing/index.ts'

t.test('routes of a configuration share what has the same kind and options', async t => {
  const services = { issuers: fakeIssuers() }
  const make = () => ({})
  const first = onePerConfiguration(services, 'tokens', { scopes: ['a'] }, make)
  t.equal(onePerConfiguration({ ...services }, 'tokens', { scopes: ['a'] }, make), first)
  t.not(onePerConfiguration(services, 'tokens', { scopes: ['b'] }, make), first)
  t.not(onePerConfiguration(services, 'keys', { scopes: ['a'] }, make), first)
})

t.test('in which order options are written makes no difference', async t => {
  const services = { issuers: fakeIssuers() }
  const make = () => ({})
  t.equal(onePerConfiguration(services, 'tokens', { a: 1, claims: { b: 2, c: 3 } }, make), onePerConfiguration(services, 'tokens', { claims: { c: 3, b: 2 }, a: 1, d: undefined }, make))
})

t.test('another configuration has its own', async t => {
  const make = () => ({})
  t.not(onePerConfiguration({ issuers: fakeIssuers() }, 'tokens', {}, make), onePerConfiguration({ issuers: fakeIssuers() }, 'tokens', {}, make))
})

t.test('what could not be made is tried again', async t => {
  const services = { issuers: fakeIssuers() }
  t.throws(() => onePerConfiguration(services, 'tokens', {}, () => { throw new Error('no') }), { message: 'no' })
  t.equal(onePerConfiguration(services, 'tokens', {}, () => undefined), undefined)
})
