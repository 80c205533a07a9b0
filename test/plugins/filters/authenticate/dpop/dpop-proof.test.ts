import { calculateJwkThumbprint, exportJWK, type JWK } from 'jose'
import t from 'tap'
import { Refusal, type Store } from '../../../../../src/contract/index.ts'
import { ALGS, ann, bound, client, eve, GOOD, NOW, proof, request, room, sha256 } from './dpop-client.ts'

const header = (over: Record<string, unknown>) => async () => await proof(ann, { header: over })
const claims = (over: Record<string, unknown>) => async () => await proof(ann, { claims: over })
/** Signed as it is: what no library would write. */
const raw = (head: string, payload: string) => async () => {
  const signed = `${Buffer.from(head).toString('base64url')}.${Buffer.from(payload).toString('base64url')}`
  return `${signed}.${Buffer.from(await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, ann.privateKey, Buffer.from(signed))).toString('base64url')}`
}
const HEAD = JSON.stringify({ typ: 'dpop+jwt', alg: 'ES256', jwk: ann.jwk })
const payload = (over: object = {}) => JSON.stringify({ jti: 'j', iat: NOW / 1000, ...GOOD, ...over })

t.test('takes a proof that was put together by hand', async t => {
  t.equal((await room().call(request(await raw(HEAD, payload())()))).status, 200, 'so that the cases below fail for their own reason')
})

const bad: Record<string, [detail: string, make: () => Promise<string | string[]>]> = {
  'no proof': ['there is not exactly one DPoP header', async () => []],
  'two proofs': ['there is not exactly one DPoP header', async () => [await proof(), await proof()]],
  'an empty proof': ['not a compact JWS', async () => ''],
  'two parts': ['not a compact JWS', async () => (await proof()).split('.').slice(0, 2).join('.')],
  'four parts': ['not a compact JWS', async () => `${await proof()}.e30`],
  'an empty signature': ['not a compact JWS', async () => (await proof()).replace(/[^.]*$/, '')],
  'padding in base64url': ['not a compact JWS', async () => (await proof()).replace('.', '=.')],
  'spare bits in base64url': ['not a compact JWS', async () => (await proof()).replace(/.$/, last => String.fromCharCode(last.charCodeAt(0) + 1))],
  'plain base64': ['not a compact JWS', async () => (await proof()).replace('.', '+.')],
  'more than 8 KiB': ['too large', claims({ more: 'x'.repeat(8192) })],
  'no typ': ['typ', header({ typ: undefined })],
  'the typ of an access token': ['typ', header({ typ: 'at+jwt' })],
  'alg none': ['alg', raw(JSON.stringify({ typ: 'dpop+jwt', alg: 'none', jwk: ann.jwk }), payload())],
  'alg HS256 by a shared key': ['alg', raw(JSON.stringify({ typ: 'dpop+jwt', alg: 'HS256', jwk: { kty: 'oct', k: 'AAAA' } }), payload())],
  'an algorithm that is not accepted': ['alg', raw(HEAD.replace('ES256', 'ES384'), payload())],
  'an algorithm of another kind of key': ['jwk', raw(HEAD.replace('ES256', 'RS256'), payload())],
  'an algorithm that is no text': ['alg', raw(HEAD.replace('"ES256"', '["ES256"]'), payload())],
  'an algorithm that every object has': ['alg', raw(HEAD.replace('ES256', 'toString'), payload())],
  crit: ['crit', raw(JSON.stringify({ ...JSON.parse(HEAD) as object, crit: ['exp'] }), payload())],
  'no key': ['jwk', header({ jwk: undefined })],
  'a private key': ['jwk', async () => await proof(ann, { header: { jwk: await exportJWK(ann.privateKey) } })],
  'a key of another curve': ['jwk', header({ jwk: { ...ann.jwk, crv: 'P-384' } })],
  'a key that lacks a member': ['jwk', header({ jwk: { ...ann.jwk, y: undefined } })],
  'a key with an odd member': ['jwk', header({ jwk: { ...ann.jwk, y: `${ann.jwk.y}"` } })],
  'a key that is no map': ['jwk', header({ jwk: 'key' })],
  'duplicate members in the header': ['the header is not a JSON object', raw(HEAD.replace('{', '{"alg":"none",'), payload())],
  'duplicate members in the payload': ['the payload is not a JSON object', raw(HEAD, payload().replace('{', '{"htm":"POST",'))],
  'duplicate members in another spelling': ['the payload is not a JSON object', raw(HEAD, payload().replace('{', '{"h\\u0074m":"POST",'))],
  'duplicate members further in': ['the payload is not a JSON object', raw(HEAD, payload({ a: [{ b: 'B' }] }).replace('"b"', '"b":1,"b"'))],
  'text that is not UTF-8': ['the payload is not a JSON object', async () => {
    const [head, , signature] = (await proof()).split('.')
    return `${head}.${Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]).toString('base64url')}.${signature}`
  }],
  'a payload that is no JSON': ['the payload is not a JSON object', raw(HEAD, payload().slice(1))],
  'a payload that is a list': ['the payload is not a JSON object', raw(HEAD, '[]')],
  'a header that is no map': ['the header is not a JSON object', raw('null', payload())],
  'no jti': ['jti', claims({ jti: undefined })],
  'an empty jti': ['jti', claims({ jti: '' })],
  'a jti of 129 characters': ['jti', claims({ jti: 'j'.repeat(129) })],
  'a jti that is a number': ['jti', raw(HEAD, payload({ jti: 1 }))],
  'no htm': ['htm', claims({ htm: undefined })],
  'another method': ['htm', claims({ htm: 'POST' })],
  'the method in lower case': ['htm', claims({ htm: 'get' })],
  'no htu': ['htu', claims({ htu: undefined })],
  'another path': ['htu', claims({ htu: 'http://gateway.test/orders/7' })],
  'a slash more': ['htu', claims({ htu: 'http://gateway.test/orders/' })],
  'another host': ['htu', claims({ htu: 'http://evil.test/orders' })],
  'another port': ['htu', claims({ htu: 'http://gateway.test:8080/orders' })],
  'another scheme': ['htu', claims({ htu: 'https://gateway.test/orders' })],
  'a path alone': ['htu', claims({ htu: '/orders' })],
  'user information': ['htu', claims({ htu: 'http://gateway.test@evil.test/orders' })],
  'a backslash': ['htu', claims({ htu: 'http://gateway.test\\orders' })],
  'a port that is none': ['htu', claims({ htu: 'http://gateway.test:99999/orders' })],
  'no iat': ['iat', claims({ iat: undefined })],
  'an iat that is text': ['iat', raw(HEAD, payload({ iat: String(NOW / 1000) }))],
  'an iat without end': ['the payload is not a JSON object', raw(HEAD, payload().replace(/"iat":\d+/, '"iat":1e999'))],
  'an iat too long ago': ['too old', claims({ iat: NOW / 1000 - 91 })],
  'an iat too far ahead': ['from the future', claims({ iat: NOW / 1000 + 31 })],
  'an exp that is over': ['too old', claims({ exp: NOW / 1000 - 30 })],
  'an exp that is text': ['exp or nbf', raw(HEAD, payload({ exp: 'later' }))],
  'an nbf to come': ['from the future', claims({ nbf: NOW / 1000 + 31 })],
  'no ath': ['ath', claims({ ath: undefined })],
  'the ath of another token': ['ath', claims({ ath: sha256('other') })],
  'a nonce that is no text': ['nonce', raw(HEAD, payload({ nonce: 7 }))],
  'a signature by another key': ['signature', async () => await proof(ann, { by: eve })]
}
for (const [what, [detail, make]] of Object.entries(bad)) {
  t.test(`refuses a proof: ${what}`, async t => {
    const { call, services: { log } } = room()
    const { reply, x } = await call(request(await make()))
    t.match(log.lines, [{ fields: { 'error.message': detail } }], 'for this reason')
    t.match(reply, { status: 401, code: 'GW_UNAUTHENTICATED' })
    t.equal(reply.headers.get('www-authenticate'), `DPoP ${ALGS}, error="invalid_dpop_proof"`)
    t.match(x, { reason: 'proof', principal: null })
  })
}

const good: Record<string, () => Promise<string>> = {
  'the oldest iat': claims({ iat: NOW / 1000 - 90 }),
  'the latest iat': claims({ iat: NOW / 1000 + 30 }),
  'an iat with a fraction': claims({ iat: NOW / 1000 + 0.5 }),
  'an exp to come': claims({ exp: NOW / 1000 + 1, nbf: NOW / 1000 }),
  'a jti of 128 characters': claims({ jti: 'j'.repeat(128) }),
  'a query and a fragment in htu': claims({ htu: 'http://gateway.test/orders?a=1#b' }),
  'a host in upper case': claims({ htu: 'HTTP://Gateway.TEST/orders' }),
  'the port that goes without saying': claims({ htu: 'http://gateway.test:80/orders' }),
  'escapes that stand for themselves': claims({ htu: 'http://gateway.test/%6frders' }),
  'dot segments': claims({ htu: 'http://gateway.test/a/../orders' }),
  'more claims and header members': async () => await proof(ann, { header: { kid: '1' }, claims: { nonce: 'x', 'a:b': { ':': [':"\\', { c: 1 }] } } })
}
for (const [what, make] of Object.entries(good)) {
  t.test(`takes a proof: ${what}`, async t => { t.equal((await room().call(request(await make()))).status, 200) })
}

t.test('compares the URI that the client saw', async t => {
  const cases = [
    [{ scheme: 'https', host: 'Shop.test:443', target: '/a?x=1' }, 'https://shop.test/a'],
    [{ host: 'shop.test:8080', target: '/' }, 'http://shop.test:8080'],
    [{ host: '[::1]:8080', target: '/a' }, 'http://[0:0::1]:8080/a'],
    [{ target: '/a%2Fb%C3%B6' }, 'http://gateway.test/a%2fb%c3%b6'],
    [{ target: '/a%7Cb' }, 'http://gateway.test/a|b'],
    [{ target: '/a/b' }, 'http://gateway.test/a//b']
  ] as const
  for (const [over, htu] of cases) t.equal((await room().call(request(await proof(ann, { claims: { htu } }), over))).status, 200, htu)
  t.equal((await room().call(request(await proof(ann, { claims: { htu: 'http:///orders' } }), { host: '' }))).status, 401, 'no host')
})

t.test('refuses a key that is no point of its curve', async t => {
  const jwk = { ...ann.jwk, y: ann.jwk.x! }
  const { call } = room({}, bound(await calculateJwkThumbprint(jwk)))
  t.match(await call(request(await proof(ann, { header: { jwk } }))), { status: 401, x: { reason: 'proof' } })
})

t.test('refuses keys that are slow to check with', async t => {
  const { n, e } = (await client('RS256')).jwk
  for (const jwk of [{ kty: 'RSA', n: 'A'.repeat(684), e }, { kty: 'RSA', n: n!.slice(0, 300), e }, { kty: 'RSA', n, e: n!.slice(0, 100) }]) {
    t.match(await room().call(request(await proof(ann, { header: { jwk, alg: 'ES256' } }))), { x: { reason: 'proof' } })
    const head = JSON.stringify({ typ: 'dpop+jwt', alg: 'RS256', jwk })
    t.match(await room({}, bound(await calculateJwkThumbprint(jwk as JWK))).call(request(await raw(head, payload())())), { x: { reason: 'proof' } })
  }
})

t.test('asks the store about nothing that is refused anyway', async t => {
  const keys: string[] = []
  const store = { add: async (key: string) => { keys.push(key); return true } } as unknown as Store
  for (const [, make] of Object.values(bad)) await room({}, bound(), { store }).call(request(await make()))
  await room({}, new Refusal('expired'), { store }).call(request(await proof()))
  t.same(keys, [])
  const secret = 'a jti\nwith: anything'
  await room({}, bound(), { store }).call(request(await proof(ann, { claims: { jti: secret } })))
  t.same(keys, [`dpop:${ann.jkt}:${sha256(secret)}`])
})
