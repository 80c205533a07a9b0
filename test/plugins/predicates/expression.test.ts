import t from 'tap'
import expression from '../../../plugins/predicates/expression/index.ts'
import { fakeServices, mount } from '../../../src/testing/index.ts'

for (const [condition, request, expected] of [
  ['request.method == "PUT"', { method: 'PUT' }, true],
  ['request.method == "PUT"', { method: 'GET' }, false],
  ['request.path.startsWith("/v2/") && request.query["debug"] == "1"', { target: '/v2/a?debug=1' }, true],
  ['request.path.startsWith("/v2/") && request.query["debug"] == "1"', { target: '/v2/a' }, false],
  ['request.headers["x-tier"] in ["gold", "silver"]', { headers: { 'x-tier': 'gold' } }, true],
  ['request.headers["x-tier"] in ["gold", "silver"]', {}, false],
  ['client.address == "203.0.113.7"', { client: { address: '203.0.113.7' } }, true],
  ['size(params) == 0', {}, true],
  ['true', {}, true]
] as const) {
  t.test(`${condition} ${expected ? 'takes' : 'leaves'} ${JSON.stringify(request)}`, async t => {
    t.equal(await mount(expression, condition).match(request), expected)
    t.equal(await mount(expression, { condition }).match(request), expected)
  })
}

t.test('lets the error of an evaluation through, for the machine to make a reply of', async t => {
  await t.rejects(mount(expression, 'params["id"] == "7"').match(), { code: 'GW_EXPRESSION_FAILED' })
})

t.test('refuses body and reply, which are not there when a route is chosen', async t => {
  const noEffect = { errors: [{ code: 'GW_CONFIG_NO_EFFECT', pointer: '/expression', detail: /read-body/ }] }
  t.throws(() => mount(expression, 'body.type == "refund"'), noEffect)
  t.throws(() => mount(expression, { condition: 'reply.status == 200' }), { errors: [{ code: 'GW_CONFIG_NO_EFFECT', pointer: '/expression/condition' }] })
})

t.test('refuses what is no condition', async t => {
  for (const wrong of ['request.method ==', 'request.verb == "GET"', 'request.method', 'size(request.path)', 'nobody == 1']) {
    t.throws(() => mount(expression, wrong), { errors: [{ code: 'GW_CONFIG_EXPRESSION', pointer: '/expression' }] }, wrong)
    t.throws(() => mount(expression, { condition: wrong }), { errors: [{ code: 'GW_CONFIG_EXPRESSION', pointer: '/expression/condition' }] }, wrong)
  }
  t.throws(() => mount(expression, ''), { errors: [{ code: 'GW_CONFIG_INVALID', pointer: '/expression' }] })
  t.throws(() => mount(expression), { errors: [{ code: 'GW_CONFIG_INVALID' }] })
})

t.test('takes a fault that is not one of the configuration for a broken room', async t => {
  const fails = () => { throw new TypeError('out of order') }
  const services = { expressions: { ...fakeServices().expressions, condition: fails } }
  t.throws(() => mount(expression, 'true', undefined, { services }), { errors: [{ code: 'GW_CONFIG_BAD_ROOM' }] })
})
