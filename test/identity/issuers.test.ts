import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { connect, createServer, type AddressInfo } from 'node:net'
import { SignJWT, type JWK } from 'jose'
import t from 'tap'
import { bearer, type Answered } from './ask.ts'
import { guarded, issuerEntry, startIssuer } from './guarded.ts'

const ROUTES = { orders: ['authenticate', 'passport'] }

/** A switch for an issuer: while it is off, connections are cut, and what is asked is held where `hold` says so. */
function outage () {
  const state = { on: false, hold: false, held: 0 }
  const intercept = (req: IncomingMessage, _res: ServerResponse): boolean => {
    if (state.hold) state.held++
    else if (state.on) req.socket.destroy()
    return state.on || state.hold
  }
  return { state, intercept }
}

/** Asks again while the issuer may not be: that is a millisecond after it failed. */
async function recovered (ask: () => Promise<Answered>): Promise<Answered> {
  let answer = await ask()
  for (let i = 0; i < 50 && answer.status === 503; i++) answer = await ask()
  return answer
}

t.test('an issuer that is down costs its callers a 503 and nobody a 401, until it is back', async t => {
  const { state, intercept } = outage()
  const issuer = await startIssuer(t, { intercept })
  const token = await issuer.accessToken({ subject: 'alice', audience: 'orders' })
  state.on = true
  const { ask, log, metric } = await guarded(t, { issuers: { main: issuerEntry(issuer) }, routes: ROUTES })
  const { status, headers, body } = await ask('/orders', bearer(token))
  t.equal(status, 503)
  t.match(headers, { 'retry-after': '5', 'www-authenticate': undefined })
  t.equal(body['code'], 'GW_IDENTITY_UNAVAILABLE')
  t.notMatch(JSON.stringify(body), /issuer|127\.0\.0\.1|connect|socket/)
  t.match(await log.ofRequest(body['instance']), { 'error.code': 'GW_IDENTITY_UNAVAILABLE', 'event.reason': 'unavailable' })
  t.equal((await ask('/orders', bearer('nonsense'))).status, 401, 'what can be no token is refused all the same')
  t.equal(metric('gatehouse_credentials_refused_total', { reason: 'unavailable' }), 1)
  state.on = false
  t.equal((await recovered(() => ask('/orders', bearer(token)))).status, 200)
  state.on = true
  t.equal((await ask('/orders', bearer(await resigned(token)))).status, 401, 'keys that were fetched stay in use')
  t.equal((await ask('/orders', bearer(token))).status, 200)
})

/** The same token with a signature that is not there. */
const resigned = async (token: string): Promise<string> => `${token.slice(0, token.lastIndexOf('.'))}.${'A'.repeat(342)}`

t.test('a gateway that wants the keys first has them before it listens', async t => {
  const free = createServer().listen(0, '127.0.0.1')
  await once(free, 'listening')
  const { port } = free.address() as AddressInfo
  free.close()
  const refused: Promise<unknown>[] = []
  const issuer = await startIssuer(t, {
    intercept: req => {
      if (req.url === '/jwks') refused.push(once(connect(port, '127.0.0.1'), 'connect').then(() => 'listens', (error: NodeJS.ErrnoException) => error.code))
      return false
    }
  })
  const setup = { gateway: { listen: [{ port, host: '127.0.0.1' }] }, issuers: { main: issuerEntry(issuer, { jwks: { start: 'blocking' } }) }, routes: ROUTES }
  const { ask } = await guarded(t, setup)
  t.same(await Promise.all(refused), ['ECONNREFUSED'])
  const before = issuer.requests.length
  t.equal((await ask('/orders', bearer(await issuer.accessToken({ subject: 'alice', audience: 'orders' })))).status, 200)
  t.same(issuer.requests.slice(before), ['POST /token'], 'and asks for them no more')
})

t.test('a gateway that wants the keys first starts without them where it must', async t => {
  for (const what of ['on', 'hold'] as const) {
    const { state, intercept } = outage()
    const issuer = await startIssuer(t, { intercept })
    const token = await issuer.accessToken({ subject: 'alice', audience: 'orders' })
    state[what] = true
    const { ask } = await guarded(t, { issuers: { main: issuerEntry(issuer, { jwks: { start: 'blocking', timeout: '250ms', cooldown: '1ms' } }) }, routes: ROUTES })
    state[what] = false
    t.equal((await recovered(() => ask('/orders', bearer(token)))).status, 200, what)
  }
})

t.test('new keys of an issuer are taken at once, and old ones count no more when it says so', async t => {
  const issuer = await startIssuer(t)
  const { ask } = await guarded(t, { issuers: { main: issuerEntry(issuer) }, routes: ROUTES })
  const status = async (token: string) => (await ask('/orders', bearer(token))).status
  const fresh = () => issuer.accessToken({ subject: 'alice', audience: 'orders' })
  const first = await fresh()
  t.equal(await status(first), 200)
  await issuer.rotateKeys({ keep: true })
  const second = await fresh()
  t.equal(await status(second), 200)
  t.equal(await status(first), 200, 'while both are published, both count')
  await issuer.rotateKeys()
  t.equal(await status(await fresh()), 200)
  t.equal(await status(first), 401, 'also what was verified before')
  t.equal(await status(second), 401)
})

t.test('a token counts by the keys of its own issuer, and where that issuer counts', async t => {
  const kid = 'RS256-0'
  const keys = () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    return { privateKey, jwk: { ...privateKey.export({ format: 'jwk' }), kid, alg: 'RS256', use: 'sig' } satisfies JWK }
  }
  const [ofOne, ofTwo] = [keys(), keys()]
  const { state, intercept } = outage()
  const [one, two] = [await startIssuer(t, { keys: [ofOne.jwk] }), await startIssuer(t, { keys: [ofTwo.jwk], intercept })]
  const { ask, log } = await guarded(t, {
    issuers: { one: issuerEntry(one), two: issuerEntry(two) },
    routes: { both: ['authenticate', 'passport'], first: [{ authenticate: { issuers: 'one' } }, 'passport'], second: [{ authenticate: { issuers: 'two' } }, 'passport'] }
  })
  const verdict = async (path: string, token: string) => {
    const { status, body } = await ask(path, bearer(token))
    return status === 200 ? body['passport'].sub : (await log.ofRequest(body['instance']))['event.reason']
  }
  const [alice, bob] = [await one.accessToken({ subject: 'alice', audience: 'orders' }), await two.accessToken({ subject: 'bob', audience: 'orders' })]
  t.same(await Promise.all([verdict('/both', alice), verdict('/both', bob), verdict('/first', alice), verdict('/second', bob)]), ['alice', 'bob', 'alice', 'bob'])
  t.same([await verdict('/first', bob), await verdict('/second', alice)], ['unknown-issuer', 'unknown-issuer'], 'although it was verified before')

  const mixed = await new SignJWT({ sub: 'alice', scope: 'read', client_id: 'gateway', jti: 'x' })
    .setProtectedHeader({ alg: 'RS256', typ: 'at+jwt', kid }).setIssuer(one.issuer).setAudience('orders').setIssuedAt().setExpirationTime('5m').sign(ofTwo.privateKey)
  t.same(await Promise.all(['/both', '/first', '/second'].map(path => verdict(path, mixed))), ['signature', 'signature', 'unknown-issuer'], 'the other issuer cannot make its tokens')

  state.on = true
  t.equal(await verdict('/both', await one.accessToken({ subject: 'bob', audience: 'orders' })), 'bob', 'nor does it take the other down')
})

t.test('opaque tokens are asked about, once, and JWTs are not', async t => {
  const { state, intercept } = outage()
  const issuer = await startIssuer(t, { intercept })
  const { ask, log, service } = await guarded(t, {
    issuers: { main: issuerEntry(issuer) },
    routes: { orders: [{ authenticate: { ways: ['bearer', { introspection: { audiences: 'legacy' } }] } }, { authorize: 'read' }, 'passport'] }
  })
  const asked = () => issuer.requests.filter(one => one === 'POST /token/introspection').length
  const opaque = () => issuer.accessToken({ subject: 'alice', audience: 'legacy', scopes: ['read'] })
  const token = await opaque()
  const answers = await Promise.all(Array.from({ length: 20 }, () => ask('/orders', bearer(token))))
  t.ok(answers.every(({ status }) => status === 200))
  t.match(answers[0]!.body['passport'], { sub: 'alice', cid: 'gateway', scp: ['read'], src: 'opaque', lvl: 2 })
  t.equal(asked(), 1)
  t.equal((await ask('/orders', bearer(await issuer.accessToken({ subject: 'bob', audience: 'orders', scopes: ['read'] })))).body['passport'].src, 'jwt')
  t.equal(asked(), 1)

  const refused = async (credential: string) => {
    const { status, headers, body } = await ask('/orders', bearer(credential))
    return [status, headers['www-authenticate'], (await log.ofRequest(body['instance']))['event.reason']]
  }
  t.same(await refused('not-a-token-of-anybody-at-all'), [401, 'Bearer error="invalid_token"', 'inactive'])
  t.same(await refused(await issuer.accessToken({ subject: 'alice', audience: 'legacy', scopes: ['write'] })), [403, 'Bearer error="insufficient_scope", scope="read"', 'scope'])
  const [late, count] = [await opaque(), service.asked.length]
  state.on = true
  t.same(await refused(late), [503, undefined, 'unavailable'])
  t.equal((await ask('/orders', bearer(token))).status, 200, 'what was answered is remembered')
  t.equal(service.asked.length, count + 1)
  t.notOk([token, late].some(secret => log.text.includes(secret)))
})
