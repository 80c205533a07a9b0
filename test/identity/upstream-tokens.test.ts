import { createLocalJWKSet, jwtVerify, type JSONWebKeySet, type JWTPayload } from 'jose'
import t, { type Test } from 'tap'
import type { AuthorizationServer } from '../peers/authorization-server.ts'
import { ask as askPort, bearer, type Answered } from './ask.ts'
import { guarded, issuerEntry, startIssuer, type Guarding } from './guarded.ts'

const PROTECTED = ['authenticate', { passport: {} }]

async function start (t: Test, routes: Guarding['routes']) {
  const state = { on: false }
  const issuer = await startIssuer(t, {
    intercept: req => {
      if (state.on) req.socket.destroy()
      return state.on
    }
  })
  const gateway = await guarded(t, { issuers: { main: issuerEntry(issuer) }, routes })
  const { body: jwks } = await askPort(Number(new URL(issuer.issuer).port), '/jwks')
  /** How often the gateway has asked for a token. */
  const counted = () => issuer.requests.filter(one => one === 'POST /token').length
  return { ...gateway, issuer, state, counted, sent: async (answer: Answered, audience: string) => await verified(answer, audience, issuer, jwks as JSONWebKeySet) }
}

/** The claims of the token that the service got, checked as a service of that audience would. */
async function verified ({ body }: Answered, audience: string, { issuer }: AuthorizationServer, jwks: JSONWebKeySet): Promise<JWTPayload> {
  const [, token = ''] = /^Bearer (\S+)$/.exec(String(body['headers'].authorization)) ?? []
  return (await jwtVerify(token, createLocalJWKSet(jwks), { issuer, audience, typ: 'at+jwt' })).payload
}

t.test('the gateway shows a token of its own to a service, and asks for it once', async t => {
  const own = { 'client-credentials': { issuer: 'main', audience: 'billing', scopes: ['write'] } }
  const { ask, issuer, counted, sent, log, state } = await start(t, { orders: [...PROTECTED, own], more: [own], other: [{ 'client-credentials': { issuer: 'main', audience: 'orders', scopes: ['read'] } }] })
  const token = await issuer.accessToken({ subject: 'alice', audience: 'orders' })
  const before = counted()
  const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => i % 2 === 0 ? ask('/orders', bearer(token)) : ask('/more')))
  t.ok(answers.every(({ status }) => status === 200))
  t.match(await sent(answers[0]!, 'billing'), { sub: 'gateway', client_id: 'gateway', aud: 'billing', scope: 'write' })
  t.match(answers[0]!.body['passport'], { sub: 'alice' }, 'beside who is calling')
  t.equal(new Set(answers.map(({ body }) => body['headers'].authorization)).size, 1)
  t.equal(counted(), before + 1)

  t.match(await sent(await ask('/other', bearer('of the client')), 'orders'), { sub: 'gateway', scope: 'read' }, 'in the place of what the client sent')
  t.equal(counted(), before + 2)
  state.on = true
  t.equal((await ask('/more')).status, 200, 'while it is good nobody need be asked')
  t.notOk(log.text.includes(String(answers[0]!.body['headers'].authorization).slice(-40)))
})

t.test('a service is not asked without the token that it wants', async t => {
  const { ask, state, service, issuer, log } = await start(t, {
    own: [{ 'client-credentials': { issuer: 'main', audience: 'billing' } }],
    exchanged: [...PROTECTED, { 'token-exchange': { issuer: 'main', audience: 'billing' } }]
  })
  const token = await issuer.accessToken({ subject: 'alice', audience: 'orders', scopes: ['read'] })
  t.equal((await ask('/exchanged')).status, 401)
  await ask('/exchanged', bearer(token))
  const count = service.asked.length
  const other = await issuer.accessToken({ subject: 'bob', audience: 'orders', scopes: ['read'] })
  state.on = true
  for (const [path, question] of [['/own', {}], ['/exchanged', bearer(other)]] as const) {
    const { status, headers, body } = await ask(path, question)
    t.match({ status, body, challenge: headers['www-authenticate'] }, { status: 503, body: { code: 'GW_TOKEN_UNAVAILABLE' }, challenge: undefined }, path)
    t.match(await log.ofRequest(body['instance']), { 'event.reason': 'unavailable' })
  }
  t.equal(service.asked.length, count)
})

t.test('a caller\'s token becomes one for the service behind, once for each caller', async t => {
  const { ask, issuer, counted, sent } = await start(t, { orders: [...PROTECTED, { 'token-exchange': { issuer: 'main', audience: 'billing', scopes: ['read'] } }] })
  const [alice, bob] = await Promise.all(['alice', 'bob'].map(subject => issuer.accessToken({ subject, audience: 'orders', scopes: ['read', 'write'] })))
  const before = counted()
  const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => ask('/orders', bearer(i % 2 === 0 ? alice! : bob!))))
  t.ok(answers.every(({ status }) => status === 200))
  t.match(await sent(answers[0]!, 'billing'), { sub: 'alice', aud: 'billing', scope: 'read' })
  t.match(await sent(answers[1]!, 'billing'), { sub: 'bob', aud: 'billing', scope: 'read' })
  t.match(answers.map(({ body }) => body['passport'].sub).slice(0, 2), ['alice', 'bob'])
  t.equal(counted(), before + 2)
})

t.test('an issuer that will not exchange a token is a 403, and asked no more about it for a while', async t => {
  const { ask, issuer, counted, service } = await start(t, { orders: [...PROTECTED, { 'token-exchange': { issuer: 'main', audience: 'nowhere' } }] })
  const token = await issuer.accessToken({ subject: 'alice', audience: 'orders', scopes: ['read'] })
  const before = counted()
  for (let i = 0; i < 3; i++) t.match(await ask('/orders', bearer(token)), { status: 403, body: { code: 'GW_FORBIDDEN' } })
  t.equal(counted(), before + 1)
  t.same(service.asked, [])
})

t.test('a caller\'s token goes on as it is only where the route says so', async t => {
  const { ask, issuer, sent } = await start(t, { relayed: [...PROTECTED, 'token-relay'], kept: PROTECTED })
  const token = await issuer.accessToken({ subject: 'alice', audience: 'orders', scopes: ['read'] })
  t.match(await sent(await ask('/relayed', bearer(token)), 'orders'), { sub: 'alice' })
  t.notOk('authorization' in (await ask('/kept', bearer(token))).body['headers'])
})
