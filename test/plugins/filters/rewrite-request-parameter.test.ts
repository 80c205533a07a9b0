import t from 'tap'
import rewriteRequestParameter from '../../../plugins/filters/rewrite-request-parameter/index.ts'
import { parseQuery } from '../../../src/contract/index.ts'
import { mount } from '../../../src/testing/index.ts'

/** The query behind the filter, where `v` was captured. */
async function query (config: unknown, before: string, v = ''): Promise<string> {
  return (await mount(rewriteRequestParameter, config).call({ target: `/?${before}`, params: { v } })).x.query
}

for (const [before, after] of [
  ['', ''],
  ['b=2', 'b=2'],
  ['a=1', 'a=new'],
  ['a', 'a=new'],
  ['b=%7e&&a=1&c=+&a=2&', 'b=%7e&&a=new&c=+&'],
  ['%61=1&a=2', '%61=new'],
  ['aa=1&A=2', 'aa=1&A=2']
] as const) {
  t.test(`"${before}" becomes "${after}"`, async t => {
    t.equal(await query({ name: 'a', replacement: 'new' }, before), after)
  })
}

t.test('writes any text as one value, and keeps escapes', async t => {
  t.equal(await query({ name: 'a', replacement: 'x&y=1 %20 100%' }, 'a=1&b=2'), 'a=x%26y%3D1%20%20%20100%25&b=2')
})

t.test('a captured variable is not escaped twice and cannot add a second parameter', async t => {
  t.equal(await query({ name: 'a', replacement: '{v}' }, 'a=1', 'x%20y'), 'a=x%20y')
  t.same(parseQuery(await query({ name: 'a', replacement: '{v}' }, 'a=1', '1&admin=true')).map(({ value }) => value), ['1&admin=true'])
})

t.test('loads what Spring writes: plain text in which a percent sign and braces stand for themselves', async t => {
  const config = rewriteRequestParameter.spring!.toConfig!({ name: 'a', replacement: '50%20 {v}+1' })
  t.same(parseQuery(await query(config, 'a=1', 'captured')).map(({ value }) => value), ['50%20 {v}+1'])
  t.throws(() => mount(rewriteRequestParameter, rewriteRequestParameter.spring!.toConfig!({ name: 'a' })), { errors: [{ code: 'GW_CONFIG_INVALID' }] })
})

t.test('names the key that is wrong', async t => {
  t.throws(() => mount(rewriteRequestParameter, { name: '', replacement: 'a' }), { errors: [{ code: 'GW_CONFIG_INVALID', pointer: '/rewrite-request-parameter/name' }] })
  t.throws(() => mount(rewriteRequestParameter, { name: 'a', replacement: '}' }), { errors: [{ code: 'GW_CONFIG_INVALID', pointer: '/rewrite-request-parameter/replacement' }] })
})
