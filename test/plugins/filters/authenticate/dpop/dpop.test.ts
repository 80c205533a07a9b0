import t from 'tap'
import authenticate from '../../../../../plugins/filters/authenticate/index.ts'
import { Refusal, StoreUnavailable, type ClientCertificate, type Store } from '../../../../../src/contract/index.ts'
import { fakeClock, fakeIssuers, mount } from '../../../../../src/testing/index.ts'
import { ALGS, ann, bound, client, eve, NOW, proof, request, room, sha256, TOKEN } from './dpop-client.ts'

t.test('lets in a caller that has the key of its token', async t => {
  const { status, x } = await room().call(request(await proof()))
  t.equal(status, 200)
  t.equal(x.principal?.subject, 'ann')
  t.same(x.headers.flat, [], 'and takes out token and proof')
})

for (const alg of ['ES256', 'ES384', 'ES512', 'EdDSA', 'RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512']) {
  t.test(`checks proofs by ${alg}`, async t => {
    const who = await client(alg)
    const { call } = room({ algorithms: alg }, bound(who.jkt))
    t.equal((await call(request(await proof(who)))).status, 200)
    const [header, payload, signature] = (await proof(who)).split('.') as [string, string, string]
    const other = (await proof(who)).split('.')[2]!
    t.match(await call(request(`${header}.${payload}.${other}`)), { status: 401, x: { reason: 'proof' } }, 'another signature')
    t.match(await call(request(`${header}.${payload}.${signature.slice(0, -4)}`)), { status: 401 }, 'a short signature')
  })
}

t.test('checks every proof of a remembered token by its own signature', async t => {
  const { call } = room()
  t.equal((await call(request(await proof()))).status, 200)
  t.equal((await call(request(await proof()))).status, 200)
  t.match(await call(request(await proof(ann, { by: eve }))), { status: 401, x: { reason: 'proof', principal: null } })
})

t.test('asks for a proof with the algorithms it takes', async t => {
  t.equal((await room({ algorithms: ['ES256', 'ES384'] }).call()).reply.headers.get('www-authenticate'), 'Bearer, DPoP algs="ES256 ES384"')
})

t.test('refuses a token that is not bound to the key of the proof', async t => {
  for (const caller of [bound(eve.jkt), bound(ann.jkt, { confirmation: null }), bound(ann.jkt, { confirmation: { x5tS256: 'abc' } })]) {
    const { reply, x } = await room({}, caller).call(request(await proof()))
    t.equal(reply.headers.get('www-authenticate'), `DPoP ${ALGS}, error="invalid_token"`)
    t.match(x, { reason: 'binding', principal: null })
  }
})

t.test('wants the certificate too where the token is bound to both', async t => {
  const { call } = room({}, bound(ann.jkt, { confirmation: { jkt: ann.jkt, x5tS256: 'abc' } }))
  const certificate: ClientCertificate = { subject: '', uris: [], dnsNames: [], emails: [], thumbprint: 'abc' }
  t.match(await call(request(await proof())), { status: 401, x: { reason: 'binding' } })
  t.equal((await call(request(await proof(), { client: { certificate } }))).status, 200)
})

t.test('passes on what the verifier says of the token', async t => {
  t.match(await room({}, new Refusal('expired')).call(request(await proof())), { status: 401, x: { reason: 'expired' } })
  t.match(await room({}, new Refusal('unavailable')).call(request(await proof())), { status: 503, x: { reason: 'unavailable' } })
})

t.test('is not asked about other schemes, or two tokens', async t => {
  t.equal((await room().call({ ...request(await proof()), headers: { authorization: `Bearer ${TOKEN}`, dpop: await proof() } })).x.reason, 'binding', 'RFC 9449 7.2')
  t.match(await room().call(request(await proof(), { target: '/orders?access_token=a' })), { status: 400, x: { reason: 'repeated' } })
  t.match(await room().call({ headers: { authorization: 'DPoP', dpop: 'x' } }), { status: 401, x: { reason: 'malformed' } })
})

t.test('takes a proof once', async t => {
  const { call } = room()
  const once = await proof()
  t.equal((await call(request(once))).status, 200)
  const { reply, x } = await call(request(once))
  t.equal(reply.headers.get('www-authenticate'), `DPoP ${ALGS}, error="invalid_dpop_proof"`)
  t.match(x, { reason: 'replayed', principal: null })
})

t.test('takes it no second time as long as it is in time', async t => {
  const clock = fakeClock(NOW - 30_000)
  const { call } = room({}, bound(), { clock })
  const once = await proof()
  t.equal((await call(request(once))).status, 200, 'as early as can be')
  clock.advance(119_999)
  t.equal((await call(request(once))).x.reason, 'replayed', 'as late as can be')
  clock.advance(2)
  t.equal((await call(request(once))).x.reason, 'proof', 'too old')
})

t.test('lets two clients use the same jti', async t => {
  const { call } = mount(authenticate, 'dpop', {}, { services: { clock: fakeClock(NOW), issuers: fakeIssuers({ tokens: { [TOKEN]: bound(), other: bound(eve.jkt) } }) } })
  t.equal((await call(request(await proof(ann, { claims: { jti: 'same' } })))).status, 200)
  const other = await proof(eve, { claims: { jti: 'same', ath: sha256('other') } })
  t.equal((await call({ target: '/orders', headers: { authorization: 'DPoP other', dpop: other } })).status, 200)
})

t.test('of the same proof at the same time one gets in', async t => {
  const { call } = room()
  const once = await proof()
  const all = await Promise.all(Array.from({ length: 20 }, () => call(request(once))))
  t.equal(all.filter(({ status }) => status === 200).length, 1)
})

t.test('lets nobody in while the store is down, and hides no bug behind that', async t => {
  const failing = (error: Error) => ({ add: async () => { throw error } }) as unknown as Store
  for (const options of [{}, { nonce: true }]) {
    t.match(await room(options, bound(), { store: failing(new StoreUnavailable()) }).call(request(await proof())), { reply: { code: 'GW_IDENTITY_UNAVAILABLE' }, x: { reason: 'unavailable', principal: null } })
  }
  t.equal((await room({}, bound(), { store: failing(new TypeError()) }).call(request(await proof()))).reply.code, 'GW_FILTER_FAILED')
})

t.test('with nonces', async t => {
  const wants = async (call: ReturnType<typeof room>['call'], claims = {}) => {
    const { reply, x } = await call(request(await proof(ann, { claims })))
    t.equal(reply.headers.get('www-authenticate'), `DPoP ${ALGS}, error="use_dpop_nonce"`)
    t.match(x, { reason: 'proof', principal: null })
    return reply.headers.get('dpop-nonce')!
  }

  t.test('sends whoever has none the one to use', async t => {
    const { call } = room({ nonce: true })
    const nonce = await wants(call)
    t.match(nonce, /^[\w-]{22}$/)
    t.equal(await wants(call, { nonce: 'guessed' }), nonce)
    const { status, reply } = await call(request(await proof(ann, { claims: { nonce } })))
    t.equal(status, 200)
    t.notOk(reply.headers.has('dpop-nonce'), 'which stays the same')
  })

  t.test('hands out the next in time', async t => {
    const clock = fakeClock(NOW)
    const { call } = room({ nonce: true }, bound(), { clock })
    const first = await wants(call)
    clock.advance(60_000)
    const iat = clock.now() / 1000
    const { status, reply } = await call(request(await proof(ann, { claims: { nonce: first, iat } })))
    t.equal(status, 200, 'while the one before still counts')
    const second = reply.headers.get('dpop-nonce')!
    t.not(second, first)
    clock.advance(60_000)
    t.equal((await call(request(await proof(ann, { claims: { nonce: second, iat: iat + 60 } })))).status, 200)
    t.not(await wants(call, { nonce: first, iat: iat + 60 }), second)
  })

  t.test('knows the nonces of other gateways with the same store', async t => {
    const { call, services: { store } } = room({ nonce: true })
    const other = room({ nonce: true }, bound(), { store })
    const nonce = await wants(call)
    t.equal((await other.call(request(await proof(ann, { claims: { nonce } })))).status, 200)
  })

  t.test('asks the store once a period', async t => {
    const { services: { store } } = room()
    let asked = 0
    const counting: Store = { ...store, getAll: async keys => { asked++; return await store.getAll(keys) } }
    const { call } = room({ nonce: true }, bound(), { store: counting })
    await Promise.all(Array.from({ length: 10 }, async () => await wants(call)))
    t.equal(asked, 1)
  })

  t.test('asks again after the store was down', async t => {
    const { services: { store } } = room()
    let isDown = true
    const flaky: Store = { ...store, add: async (...args) => { if (isDown) throw new StoreUnavailable(); return await store.add(...args) } }
    const { call } = room({ nonce: true }, bound(), { store: flaky })
    t.equal((await call(request(await proof()))).status, 503)
    isDown = false
    const nonce = await wants(call)
    t.equal((await call(request(await proof(ann, { claims: { nonce } })))).status, 200)
  })

  t.test('sends none where the proof fails otherwise', async t => {
    const { reply } = await room({ nonce: true }).call(request(await proof(ann, { by: eve })))
    t.match(reply.headers.get('www-authenticate'), /invalid_dpop_proof/)
    t.notOk(reply.headers.has('dpop-nonce'))
  })
})

t.test('goes by its own times', async t => {
  const { call } = room({ maxAge: '10s', clockSkew: '1s' })
  t.equal((await call(request(await proof(ann, { claims: { iat: NOW / 1000 - 11 } })))).status, 200)
  t.equal((await call(request(await proof(ann, { claims: { iat: NOW / 1000 - 12 } })))).x.reason, 'proof')
  t.equal((await call(request(await proof(ann, { claims: { iat: NOW / 1000 + 2 } })))).x.reason, 'proof')
})

t.test('names what is wrong with its options', async t => {
  t.throws(() => room({ algorithms: ['HS256'] }), { errors: [{ code: 'GW_CONFIG_INVALID', pointer: '/authenticate/ways/1/dpop/algorithms/0' }] })
  t.throws(() => room({ maxAge: '0s' }), { errors: [{ pointer: '/authenticate/ways/1/dpop/maxAge' }] })
})
