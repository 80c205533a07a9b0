import t, { type Test } from 'tap'
import { ConfigErrors } from '../../src/contract/config-error.ts'
import { ask as askPort, bearer } from './ask.ts'
import { guarded, issuerEntry, startIssuer, type Guarding } from './guarded.ts'

const ROUTES: Guarding['routes'] = { orders: ['authenticate', 'passport'] }

/** A gateway that has let alice in, and an issuer that can be switched off. */
async function begun (t: Test, routes = ROUTES) {
  const state = { on: false }
  const issuer = await startIssuer(t, {
    intercept: req => {
      if (state.on) req.socket.destroy()
      return state.on
    }
  })
  const setup: Guarding = { issuers: { main: issuerEntry(issuer) }, routes }
  const gateway = await guarded(t, setup)
  const token = await issuer.accessToken({ subject: 'alice', audience: 'orders' })
  const first = await gateway.ask('/orders', bearer(token))
  t.equal(first.status, 200)
  const reason = async (credential: string, path = '/orders') => {
    const { status, body } = await gateway.ask(path, bearer(credential))
    return status === 200 ? body['passport'].sub : (await gateway.log.ofRequest(body['instance']))['event.reason']
  }
  return { ...gateway, issuer, state, setup, token, first, reason, fetched: () => issuer.requests.filter(one => one.startsWith('GET')).length }
}

t.test('a reload keeps the keys of the gateway and those of the issuer', async t => {
  const { ask, admin, reload, issuer, state, setup, token, first, reason, fetched } = await begun(t)
  const later = await issuer.accessToken({ subject: 'bob', audience: 'orders' })
  const [published, before] = [(await askPort(admin, '/keys/passport')).body, fetched()]
  state.on = true
  for (const routes of [ROUTES, { ...ROUTES, more: ['authenticate'] }, { orders: ['authenticate', { passport: { claims: ['roles'] } }] }]) {
    t.same((await reload({ ...setup, routes })).faults, [])
    t.same((await askPort(admin, '/keys/passport')).body, published)
    const { status, body } = await ask('/orders', bearer(token))
    t.equal(status, 200)
    t.match(body['passport'], { sub: 'alice' })
  }
  t.equal(await reason(later), 'bob', 'also of who was never seen before')
  t.equal(fetched(), before)
  t.match(first.body['passport'], { sub: 'alice' })
})

t.test('an unchanged route goes on with the passports it has made', async t => {
  const { ask, reload, setup, token, first } = await begun(t)
  await reload({ ...setup, routes: { ...ROUTES, more: [] } })
  t.equal((await ask('/orders', bearer(token))).body['headers']['x-passport'], first.body['headers']['x-passport'])
})

t.test('rings come and go with the file, and a route that lacks its ring stays as it was', async t => {
  const { ask, admin, reload, setup, token } = await begun(t)
  const kids = async () => (await askPort(admin, '/keys/passport')).body['keys'].map(({ kid }: { kid: string }) => kid)
  const before = await kids()
  const { faults } = await reload({ ...setup, keyRings: { other: 'ephemeral', passport: { keys: 'ephemeral', publish: '/keys/here' } } })
  t.same(faults, [])
  t.match(await askPort(admin, '/keys/passport'), { status: 404 })
  t.match(await askPort(admin, '/keys/here'), { status: 200 })
  t.match(await askPort(admin, '/keys/other'), { status: 200 })
  const { faults: [missing] } = await reload({ ...setup, keyRings: { other: 'ephemeral' } })
  t.match(missing, { code: 'GW_CONFIG_UNKNOWN_KEY_RING', pointer: '/routes/0/filters/1' })
  t.match(await askPort(admin, '/keys/passport'), { status: 404 })
  t.equal((await ask('/orders', bearer(token))).status, 200, 'the route stays as it was')
  await reload({ ...setup, keyRings: { passport: 'ephemeral' } })
  t.notSame(await kids(), before, 'a ring that was gone is a new one')
  const [header] = (await ask('/orders', bearer(token))).body['headers']['x-passport'].split('.')
  t.same([JSON.parse(Buffer.from(header, 'base64url').toString()).kid], await kids())
})

t.test('tokens of an issuer that is gone are good for nobody', async t => {
  const { reload, setup, token, reason } = await begun(t)
  const other = await startIssuer(t)
  t.same((await reload({ ...setup, issuers: { other: issuerEntry(other) } })).faults, [])
  t.equal(await reason(token), 'unknown-issuer', 'although it was verified a moment ago')
  t.equal(await reason(await other.accessToken({ subject: 'bob', audience: 'orders' })), 'bob')
  await reload(setup)
  t.equal(await reason(token), 'alice', 'and count again when it is back')
})

t.test('a route that names an issuer that is gone does not go on trusting it', async t => {
  const { ask, reload, setup, token } = await begun(t, { orders: [{ authenticate: { issuers: ['main'] } }] })
  const other = await startIssuer(t)
  const { quarantined } = await reload({ ...setup, issuers: { other: issuerEntry(other) } })
  t.match(quarantined, [{ id: 'orders', serving: 'error', faults: [{ code: 'GW_CONFIG_UNKNOWN_ISSUER' }] }])
  t.match(await ask('/orders', bearer(token)), { status: 500, body: { code: 'GW_ROUTE_INVALID' } })
  await reload(setup)
  t.equal((await ask('/orders', bearer(token))).status, 200)
})

t.test('tokens count by what the file says of their issuer now', async t => {
  const { reload, setup, issuer, token, reason } = await begun(t)
  const billing = await issuer.accessToken({ subject: 'bob', audience: 'billing' })
  t.equal(await reason(billing), 'audience')
  const changed = async (more: object) => {
    t.same((await reload({ ...setup, issuers: { main: issuerEntry(issuer, more as Record<string, unknown>) } })).faults, [])
    return await reason(token)
  }
  t.equal(await changed({ audiences: ['billing'] }), 'audience')
  t.equal(await reason(billing), 'bob')
  t.equal(await changed({ audiences: ['billing', 'orders'] }), 'alice')
  t.equal(await changed({ algorithms: ['ES256'] }), 'algorithm')
  t.equal(await changed({ clients: ['somebody'] }), 'client')
  t.equal(await changed({ requiredClaims: ['exp', 'iss', 'aud', 'sub', 'plan'] }), 'missing-claim')
  t.equal(await changed({ types: ['jwt'] }), 'type')
  t.equal(await changed({ claims: { subject: 'client_id' } }), 'gateway')
})

t.test('a configuration whose issuers, rings or sessions are wrong changes nothing', async t => {
  const { ask, admin, reload, setup, issuer, token, reason, gateway } = await begun(t, { ...ROUTES, own: [{ 'client-credentials': { issuer: 'main', audience: 'billing' } }] })
  const published = (await askPort(admin, '/keys/passport')).body
  const wrong: [Partial<Guarding>, object][] = [
    [{ issuers: { main: issuerEntry(issuer, { keys: 'no JWK Set' }) } }, { file: 'routes.yaml', pointer: '/issuers/main/keys' }],
    [{ issuers: { main: issuerEntry(issuer, { algorithms: ['HS256'] }) } }, { file: 'routes.yaml', pointer: /^\/issuers\/main/ }],
    [{ issuers: { main: issuerEntry(issuer), next: issuerEntry(issuer, { jwksUri: 'http://keys.example.com' }) } }, { file: 'routes.yaml', pointer: '/issuers/next/jwksUri' }],
    [{ keyRings: { passport: 'no ring' } }, { file: 'routes.yaml', pointer: '/keyRings/passport' }],
    [{ keyRings: { passport: { keys: 'no ring' } } }, { file: 'routes.yaml', pointer: '/keyRings/passport/keys' }],
    [{ keyRings: { passport: 'ephemeral', more: { keys: 'ephemeral', publish: '/keys/passport' } } }, { file: 'routes.yaml', pointer: '/keyRings/more/publish' }]
  ]
  for (const [broken, fault] of wrong) {
    try {
      await reload({ ...setup, routes: { ...setup.routes, late: [] }, ...broken })
      t.fail(JSON.stringify(broken))
    } catch (error) {
      t.match(error, { name: 'ConfigErrors', errors: [fault] })
      t.ok(error instanceof ConfigErrors)
    }
    t.equal(await reason(token), 'alice')
    t.match(await ask('/late'), { status: 404, body: { code: 'GW_NO_ROUTE' } })
    t.match((await askPort(admin, '/readyz')).body, { status: 'ready', revision: 1 })
    t.same((await askPort(admin, '/keys/passport')).body, published)
  }
  const { faults, quarantined } = await reload({ ...setup, issuers: { main: issuerEntry(issuer, { client: undefined }) } })
  t.match(faults, [{ code: 'GW_CONFIG_INVALID', pointer: '/routes/1/filters/0/client-credentials/issuer' }])
  t.match(quarantined, [{ id: 'own', serving: 'previous' }])
  await gateway.close()
})

t.test('nothing is counted any more for an issuer that is gone, or was never taken', async t => {
  const { gateway, reload, setup, token, reason, issuer, metric } = await begun(t)
  const issuersCounted = () => new Set(gateway.metrics.samples().flatMap(({ labels }) => labels['issuer'] ?? []))
  t.same(issuersCounted(), new Set(['main']))
  t.equal(metric('gatehouse_jwks_fetches_total', { issuer: 'main', outcome: 'ok' }), 1)
  await t.rejects(reload({ ...setup, issuers: { main: issuerEntry(issuer), wrong: issuerEntry(issuer) }, keyRings: { passport: 'none' } }), { name: 'ConfigErrors' })
  t.same(issuersCounted(), new Set(['main']))
  const before = gateway.metrics.samples().length
  for (let i = 0; i < 20; i++) {
    t.same((await reload({ ...setup, issuers: { [`issuer-${i}`]: issuerEntry(issuer) } })).faults, [])
    t.equal(await reason(token), 'alice')
    t.same(issuersCounted(), new Set([`issuer-${i}`]))
  }
  await reload(setup)
  t.equal(await reason(token), 'alice')
  t.equal(gateway.metrics.samples().length, before)
  await gateway.close()
  t.same(gateway.metrics.samples(), [])
})
