import t from 'tap'
import { verifyPassport } from '../../../plugins/filters/passport/verifier/index.ts'
import { newRingKey, publicPart } from '../../../src/identity/rings/ring-key.ts'
import { cli } from './cli-io.ts'
import { explainer, TO } from './explain/explainer.ts'

t.test('takes the time of the request, and its sender', async t => {
  const { json } = explainer(t, `  - { id: old, predicates: [before: 2020-01-01T00:00:00Z], ${TO} }\n  - { id: near, predicates: [remote-addr: 203.0.113.0/24], ${TO} }\n`)
  t.equal((await json('/a', '--at', '2019-05-01T12:00:00+02:00')).route?.id, 'old')
  t.equal((await json('/a', '--from', '203.0.113.9')).route?.id, 'near')
  t.equal((await json('/a')).route, null)
})

t.test('takes the request in every form', async t => {
  const { json, cwd } = explainer(t, `  - { id: all, predicates: [path: /**], ${TO} }\n`)
  const seen = async (...argv: string[]) => {
    const { request: { method, target, host, scheme } } = await json(...argv)
    return `${method} ${scheme}://${host}${target}`
  }
  t.equal(await seen('GET https://a.example/b'), 'GET https://a.example/b')
  t.equal(await seen('PUT', '/b'), 'PUT http://localhost/b')
  t.equal(await seen('routes.yaml', 'DELETE', 'http://a/b'), 'DELETE http://a/b')
  t.equal(await seen('routes.yaml', '/b', '-d', 'x'), 'POST http://localhost/b')
  t.equal(await seen('curl -X PATCH https://a/b'), 'PATCH https://a/b')
  t.equal(await seen(`${cwd}/routes.yaml`, 'curl', '-s', 'a:8080/b', '-d', 'x'), 'POST http://a:8080/b')
})

t.test('says what is wrong with the command line', async t => {
  const { cwd } = explainer(t, `  - { id: all, predicates: [path: /**], ${TO} }\n`)
  const cases: [string[], RegExp][] = [
    [[], /^which request\?/],
    [['nonsense'], /"nonsense" is no request/],
    [['/a', '-H', 'X'], /"X" is no header/],
    [['/a', '--from', 'me'], /"me" is no IP address/],
    [['/a', '--at', 'noon'], /"noon" is no time/],
    [['/a', '--scopes', 'read'], /--scopes are those of --as <subject>/],
    [['/a', '--roles', 'clerk'], /--roles are those of --as <subject>/],
    [['-d', 'x', 'curl', 'http://a'], /belong to the curl line itself/],
    [['-H', 'X: 1', 'curl http://a'], /belong to the curl line itself/],
    [["curl 'http://a"], /a quote that never ends/]
  ]
  for (const [argv, message] of cases) {
    const { status, err } = await cli(['explain', ...argv], { cwd })
    t.equal(status, 2, argv.join(' '))
    t.match(err, message)
  }
})

const RING = { keys: [newRingKey('EdDSA', 1)] }
const GUARDED = `  - { id: a, predicates: [path: /a], filters: [{ authenticate: bearer }, { authorize: read }, { passport: { audience: orders } }], ${TO} }\n`
const SECTIONS = `issuers: { main: { issuer: https://idp.test, audiences: orders } }\nkeyRings: { passport: ${JSON.stringify(JSON.stringify(RING))} }\n`

t.test('says what becomes of whom is calling', async t => {
  const { json } = explainer(t, GUARDED, SECTIONS)
  const seen = async (...argv: string[]) => {
    const { reply, filters } = await json('/a', ...argv)
    return [reply?.status ?? 200, reply?.code, filters.filter(({ name }) => name.startsWith('auth')).map(({ decision }) => decision)]
  }
  t.same(await seen(), [401, 'GW_UNAUTHENTICATED', ['refused', 'not-reached']])
  t.same(await seen('--as', 'alice'), [403, 'GW_INSUFFICIENT_SCOPE', ['passed', 'refused']])
  t.same(await seen('--as', 'alice', '--scopes', 'read'), [200, undefined, ['passed', 'passed']])
  t.same(await seen('--as', 'alice', '--scopes', 'write,read'), [200, undefined, ['passed', 'passed']])
  t.same(await seen('--as', 'alice', '--scopes', 'write'), [403, 'GW_INSUFFICIENT_SCOPE', ['passed', 'refused']])
})

t.test('takes the roles of --as too', async t => {
  const { json } = explainer(t, GUARDED.replace('authorize: read', 'authorize: { allRoles: [clerk, admin] }'), SECTIONS)
  t.equal((await json('/a', '--as', 'alice', '--roles', 'clerk,admin')).reply, null)
  t.match((await json('/a', '--as', 'alice', '--roles', 'clerk')).reply, { code: 'GW_FORBIDDEN', reason: 'role' })
})

t.test('takes --as beside a line of curl too', async t => {
  const { json } = explainer(t, GUARDED, SECTIONS)
  t.equal((await json('--as', 'alice', '--scopes', 'read', 'curl', 'http://a/a')).reply, null)
})

t.test('asks no issuer about a token: who cannot be asked is 503, as in the gateway', async t => {
  const { json, text } = explainer(t, GUARDED, SECTIONS)
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const token = `${part({ alg: 'RS256', kid: 'k', typ: 'at+jwt' })}.${part({ iss: 'https://idp.test', aud: 'orders', sub: 'alice', exp: 9e9 })}.${'A'.repeat(342)}`
  const argv = ['/a', '-H', `Authorization: Bearer ${token}`]
  t.match((await json(...argv)).reply, { status: 503, code: 'GW_IDENTITY_UNAVAILABLE' })
  t.match(await text(...argv), /503 GW_IDENTITY_UNAVAILABLE \(unavailable\)\n +nobody outside is asked here; --as <subject>/)
  t.notMatch(await text('/a'), /nobody outside/)
})

t.test('prints no passport that anybody would accept', async t => {
  const { json, text } = explainer(t, GUARDED, SECTIONS)
  const argv = ['/a', '--as', 'alice', '--scopes', 'read']
  const header = (await json(...argv)).sent[0]!.head.find(line => line.startsWith('x-passport: '))!.slice('x-passport: '.length)
  const [, payload = '', signature = ''] = header.split('.')
  t.match(JSON.parse(Buffer.from(payload, 'base64url').toString()), { sub: 'alice', scp: ['read'], aud: 'orders' })
  t.equal(Buffer.from(signature, 'base64url').toString(), 'not signed in a rehearsal')
  await t.rejects(verifyPassport(header, { jwks: { keys: RING.keys.map(publicPart) }, audience: 'orders' }), { code: 'signature' })
  t.notMatch(await text(...argv), RING.keys[0]!.d!)
  t.match(await text(...argv), signature)
})

t.test('masks secrets, in text and in JSON', async t => {
  const { text, json } = explainer(t, `  - { id: a, predicates: [path: /**, not: { header: { name: X-K, matches: "\${API_KEY}" } }], filters: [set-request-header: { name: X-Key, value: "\${API_KEY}" }], ${TO} }\n`)
  for (const out of [await text('/a'), JSON.stringify(await json('/a'))]) {
    t.match(out, 'x-key: ***')
    t.notMatch(out, 'sesame')
  }
})

t.test('colours on a terminal', async t => {
  const { cwd } = explainer(t, `  - { id: all, predicates: [path: /**], ${TO} }\n`)
  t.match((await cli(['explain', '/a'], { cwd, colours: { out: true, err: false } })).out, '\u001b[32mall\u001b[39m')
})
