import t from 'tap'
import cloudFoundryRouteService from '../../../plugins/predicates/cloud-foundry-route-service/index.ts'
import { mount } from '../../../src/testing/index.ts'

const headers = { 'X-CF-Forwarded-Url': 'https://app.example.com/', 'X-CF-Proxy-Signature': 'signature', 'X-CF-Proxy-Metadata': 'metadata' }

t.test('matches when all three headers of the router are there', async t => {
  t.ok(await mount(cloudFoundryRouteService).match({ headers }))
})

for (const name of Object.keys(headers)) {
  t.test(`does not match without ${name}`, async t => {
    const rest = Object.fromEntries(Object.entries(headers).filter(([other]) => other !== name))
    t.notOk(await mount(cloudFoundryRouteService).match({ headers: rest }))
  })
}

t.test('asks whether they are there and not what they say', async t => {
  t.ok(await mount(cloudFoundryRouteService).match({ headers: { 'x-cf-forwarded-url': '', 'x-cf-proxy-signature': '', 'x-cf-proxy-metadata': '' } }))
})

t.test('takes no configuration', async t => {
  t.throws(() => mount(cloudFoundryRouteService, { header: 'X-CF' }), { errors: [{ code: 'GW_CONFIG_UNKNOWN_KEY', pointer: '/cloud-foundry-route-service/header' }] })
})

t.test('loads what Spring writes', async t => {
  t.match(cloudFoundryRouteService.spring, { name: 'CloudFoundryRouteService', args: [] })
})
