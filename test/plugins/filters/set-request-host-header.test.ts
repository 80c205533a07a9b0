import t from 'tap'
import setRequestHostHeader from '../../../plugins/filters/set-request-host-header/index.ts'
import { mount } from '../../../src/testing/index.ts'

async function made (host: string, params: Record<string, string>, report = false) {
  const { status, reply: { code }, x } = await mount(setRequestHostHeader, { host }, undefined, { report }).call({ params })
  return { status, code, host: x.upstreamHost }
}

for (const host of ['orders.internal', 'orders.internal:8443', 'Orders', 'a_b.internal.', '10.0.0.7:80', '[::1]', '[2001:db8::1]:8080']) {
  t.test(`sets ${host}`, async t => {
    t.equal((await mount(setRequestHostHeader, host).call()).x.upstreamHost, host)
  })
}

t.test('puts captured variables in the host', async t => {
  t.match(await made('{tenant}.internal:{port}', { tenant: 'acme', port: '81' }), { status: 200, host: 'acme.internal:81' })
})

for (const tenant of ['', 'a%2Fb', 'a/b', 'a@b', 'a b', 'a..b', 'a:1', 'a'.repeat(300), 'é', 'a\r\nx']) {
  t.test(`refuses a request whose variable is ${JSON.stringify(tenant.slice(0, 9))}`, async t => {
    t.match(await made('{tenant}.internal', { tenant }), { status: 400, code: 'GW_BAD_HOST', host: null })
  })
}

t.test('goes on with the endpoint\'s host where it only reports', async t => {
  t.match(await made('{tenant}.internal', { tenant: '' }, true), { status: 200, host: null })
})

for (const host of ['', 'https://orders.internal', 'orders.internal/x', 'orders.internal:99999', 'orders.internal:', 'a b', '{tenant', '{tenant}/x', 'https://{tenant}', 'a{{b}}']) {
  t.test(`refuses the config ${JSON.stringify(host)}`, async t => {
    t.throws(() => mount(setRequestHostHeader, { host }), { errors: [{ code: 'GW_CONFIG_INVALID', pointer: '/set-request-host-header/host' }] })
  })
}
