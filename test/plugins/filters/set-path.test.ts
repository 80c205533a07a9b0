import t from 'tap'
import setPath from '../../../plugins/filters/set-path/index.ts'
import { mount } from '../../../src/testing/index.ts'

async function through (template: string, params: Record<string, string>) {
  return await mount(setPath, template).call({ target: '/before?q=1', params })
}

for (const [template, params, path] of [
  ['/', {}, '/'],
  ['/v2/orders/{id}', { id: '7' }, '/v2/orders/7'],
  ['/{a}/{b}', { a: 'x%20y', b: 'z' }, '/x%20y/z'],
  ['/x/{rest}', { rest: '/a/b/' }, '/x/a/b/'],
  ['/{none}', {}, '/'],
  ['/a/{none}/b', {}, '/a/b'],
  ['/{{literal}}', {}, '/%7Bliteral%7D'],
  ['/%7e', {}, '/~']
] as const) {
  t.test(`${template} with ${JSON.stringify(params)} is ${path}`, async t => {
    const { reply, x } = await through(template, params)
    t.equal(reply.status, 200)
    t.equal(x.path, path)
    t.equal(x.query, 'q=1')
    t.equal(x.originalPath, '/before')
  })
}

for (const v of ['..', '.', '%2e%2e', '%2E.', '..%2Fx', '..;x', 'a?b', 'a#b', 'a\\b', '%5c', '%00', '%zz', '%252e', 'a b', 'ü']) {
  t.test(`answers 400 where a variable holds ${v}`, async t => {
    t.match((await through('/api/{v}', { v })).reply, { status: 400, code: 'GW_UNSAFE_PATH' })
  })
}

t.test('two variables that are harmless alone cannot make dot segments together', async t => {
  t.match((await through('/api/{a}{b}/admin', { a: '.', b: '.' })).reply, { code: 'GW_UNSAFE_PATH' })
  t.match((await through('/api/{a}{b}/admin', { a: '%2', b: 'e.' })).reply, { code: 'GW_UNSAFE_PATH' })
})

t.test('refuses a template that is no path', async t => {
  for (const template of ['', 'a', '/a b', '/a?b=1', '/a#b', '/%2', '/a/..', '//../a', '/{a', '/a}']) {
    t.throws(() => mount(setPath, { template }), { errors: [{ code: 'GW_CONFIG_INVALID', pointer: '/set-path/template' }] }, template)
  }
})
