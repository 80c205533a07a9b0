import t from 'tap'
import clientCredentials from '../../../../plugins/filters/client-credentials/index.ts'
import { mount } from '../../../../src/testing/index.ts'
import { startAuthorizationServer } from '../../../peers/authorization-server.ts'
import { realIssuers } from '../../../peers/real-issuers.ts'

t.test('gets a token from a real authorization server that upstream can check, once for all requests', async t => {
  const server = await startAuthorizationServer()
  t.teardown(() => server.close())
  const issuers = realIssuers(t, server)
  const { call } = mount(clientCredentials, { issuer: 'main', scopes: ['orders.read', 'orders.write'], audience: 'orders' }, {}, { services: { issuers } })
  const tokens = (await Promise.all(Array.from({ length: 50 }, () => call()))).map(({ x }) => x.headers.get('authorization')!)
  t.equal(new Set(tokens).size, 1)
  t.equal(server.requests.filter(request => request === 'POST /token').length, 1)
  t.match(await issuers.verifier(['main'], '').verify(tokens[0]!.replace('Bearer ', '')), { subject: 'gateway', client: 'gateway', scopes: ['orders.read', 'orders.write'] })
})

t.test('takes an opaque token by resource as well', async t => {
  const server = await startAuthorizationServer()
  t.teardown(() => server.close())
  const issuers = realIssuers(t, server)
  const { call } = mount(clientCredentials, { issuer: 'main', scopes: 'read', resource: 'urn:audience:legacy' }, {}, { services: { issuers } })
  const token = (await call()).x.headers.get('authorization')!.replace('Bearer ', '')
  t.match(await issuers.client('main', '').introspect(token), { active: true, aud: 'legacy', scope: 'read' })
})

t.test('has none where the secret is wrong, and serves on where the server goes away later', async t => {
  const server = await startAuthorizationServer()
  let isOpen = true
  const close = async () => { if (isOpen) await server.close(); isOpen = false }
  t.teardown(close)
  const wrong = mount(clientCredentials, 'main', {}, { services: { issuers: realIssuers(t, server, { client: { id: 'gateway', secret: 'wrong' } }) } })
  t.match(await wrong.call(), { status: 503, reply: { code: 'GW_TOKEN_UNAVAILABLE' } })
  t.match(wrong.services.log.lines, [{ level: 'warn', fields: { error: { kind: 'refused', error: 'invalid_client' } } }])
  const { call } = mount(clientCredentials, { issuer: 'main', scopes: 'read' }, {}, { services: { issuers: realIssuers(t, server) } })
  const before = (await call()).x.headers.get('authorization')
  await close()
  t.equal((await call()).x.headers.get('authorization'), before)
})
