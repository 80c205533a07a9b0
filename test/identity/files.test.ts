/* eslint no-template-curly-in-string: off -- references to files are what this is about */
import { createHash } from 'node:crypto'
import { hashSync } from 'bcryptjs'
import t, { type Test } from 'tap'
import { ask, type Question } from './ask.ts'
import { startService } from './service.ts'
import { servingFiles } from './serving.ts'

const KEY = 'a-key-that-was-handed-to-acme'
const OTHER = 'a-key-that-was-handed-to-globex'
const entry = (id: string, key: string, more: object = {}) => ({ id, hash: `sha256:${createHash('sha256').update(key).digest('hex')}`, scopes: ['read'], ...more })
const user = (name: string, password: string) => `${name}:${hashSync(password, 4)}\n`
const basic = (name: string, password: string): Question => ({ headers: { authorization: `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}` } })
const withKey = (key: string): Question => ({ headers: { 'x-api-key': key } })

const routesOf = (url: string, more = '') => `version: 1
gateway: { listen: [{ port: 0, host: 127.0.0.1 }], admin: { port: 0 }, drain: 1s }
keyRings: { passport: ephemeral }
upstreams: { orders: { endpoints: ["${url}"] } }
routes:
  - id: keys
    predicates: [path: /keys]
    filters: [authenticate: { ways: [{ api-key: { keys: "\${file:keys.json}" } }] }, authorize: read, passport]
    upstream: orders
  - id: users
    predicates: [path: /users]
    filters: [authenticate: { ways: [{ basic: { users: "\${file:users.htpasswd}", realm: staff } }] }, passport]
    upstream: orders
${more}`

async function start (t: Test, options: { watch?: boolean } = {}) {
  const service = await startService(t)
  const files = await servingFiles(t, {
    'routes.yaml': routesOf(service.url),
    'keys.json': JSON.stringify([entry('acme', KEY, { subject: 'acme-bot', tenant: 'acme' }), entry('globex', OTHER)]),
    'users.htpasswd': user('alice', 'correct horse') + user('bob', 'battery staple')
  }, options)
  const { listeners: [{ port } = { port: 0 }], admin } = await files.serving.listen()
  service.trust(`http://127.0.0.1:${admin!.port}/keys/passport`)
  const verdict = async (path: string, question: Question) => {
    const { status, headers, body } = await ask(port, path, question)
    return status === 200 ? body['passport'].sub : [status, headers['www-authenticate'], (await files.log.ofRequest(body['instance']))['event.reason']]
  }
  return { ...files, service, port, admin: admin!.port, verdict, reload: async () => await ask(admin!.port, '/reload', { method: 'POST' }) }
}

t.test('API keys come from a file, and one that is revoked there counts no more', async t => {
  const { verdict, write, reload, port, admin, log } = await start(t)
  t.match((await ask(port, '/keys', withKey(KEY))).body, { passport: { sub: 'acme-bot', ten: 'acme', scp: ['read'], src: 'api-key', lvl: 1 }, headers: { 'x-api-key': undefined } })
  t.equal(await verdict('/keys', withKey(OTHER)), 'globex')
  t.same(await verdict('/keys', withKey(`${KEY}s`)), [401, undefined, 'unknown'])
  t.same(await verdict('/keys', {}), [401, undefined, 'missing'])

  write('keys.json', JSON.stringify([entry('acme', KEY, { disabled: true })]))
  t.match((await reload()).body, { status: 'reloaded', faults: [] })
  t.same(await verdict('/keys', withKey(KEY)), [401, undefined, 'revoked'])
  t.same(await verdict('/keys', withKey(OTHER)), [401, undefined, 'unknown'])

  write('keys.json', JSON.stringify([entry('acme', KEY, { hash: 'plain' })]))
  const { body } = await reload()
  t.match(body, { status: 'quarantined', faults: [/\/routes\.yaml:8:\d+ routes\/keys\/filters\/0\/authenticate\/ways\/0\/api-key\/keys: in the text, at \/keys\/0\/hash: .*GW_CONFIG_INVALID\]$/] })
  t.same(await verdict('/keys', withKey(KEY)), [401, undefined, 'revoked'], 'the keys of before go on')
  const shown = (await ask(admin, '/routes')).body
  t.match(shown['routes'][0].written.filters[0].authenticate.ways, [{ 'api-key': { keys: '${file:keys.json}' } }])
  for (const secret of [KEY, OTHER, entry('', KEY).hash, 'acme-2026']) for (const text of [JSON.stringify(shown), log.text]) t.notOk(text.includes(secret), 'nothing of the file is shown')
})

t.test('users come from an htpasswd file, and a new password is the only one', async t => {
  const { verdict, write, reload, log, port } = await start(t)
  const CHALLENGE = 'Basic realm="staff", charset="UTF-8"'
  t.match((await ask(port, '/users', basic('alice', 'correct horse'))).body, { passport: { sub: 'alice', src: 'basic', lvl: 1 }, headers: { authorization: undefined } })
  t.equal(await verdict('/users', basic('bob', 'battery staple')), 'bob')
  t.same(await verdict('/users', basic('alice', 'wrong')), [401, CHALLENGE, 'unknown'])
  t.same(await verdict('/users', {}), [401, CHALLENGE, 'missing'])

  write('users.htpasswd', user('alice', 'tr0ub4dor'))
  t.match((await reload()).body, { status: 'reloaded' })
  t.same(await verdict('/users', basic('alice', 'correct horse')), [401, CHALLENGE, 'unknown'])
  t.same(await verdict('/users', basic('bob', 'battery staple')), [401, CHALLENGE, 'unknown'])
  t.equal(await verdict('/users', basic('alice', 'tr0ub4dor')), 'alice')
  t.notMatch(log.text, /tr0ub4dor|correct horse|\$2[aby]\$|Basic /)
})

t.test('a file that a reference names is watched like the file it stands in', async t => {
  const { verdict, write, log } = await start(t, { watch: true })
  t.equal(await verdict('/keys', withKey(KEY)), 'acme-bot')
  write('keys.json', JSON.stringify([entry('globex', OTHER)]))
  t.match(await log.find(({ message }) => message === 'reloaded'), { 'event.reason': 'file', 'gatehouse.quarantined': 0 })
  t.same(await verdict('/keys', withKey(KEY)), [401, undefined, 'unknown'])
})

t.test('a fault in a section of identities has its place, at the start and at a reload', async t => {
  const sections: [section: string, fault: RegExp][] = [
    ['issuers:\n  main: { issuer: "http://127.0.0.1:1", audiences: a, keys: "${file:keys.json}" }\n', /\/routes\.yaml:15:\d+ issuers\/main\/keys: .+ \[GW_CONFIG_INVALID\]$/],
    ['issuers:\n  main:\n    issuer: http://idp.example.com\n    audiences: a\n', /\/routes\.yaml:16:13 issuers\/main\/issuer: .+ \[GW_CONFIG_INVALID\]$/],
    ['issuers:\n  main: { issuer: https://a.test, audiences: a, jwksUri: "ftp://a" }\n', /\/routes\.yaml:15:\d+ issuers\/main\/jwksUri: expected an absolute URL, not "ftp:\/\/a" \[GW_CONFIG_INVALID\]$/]
  ]
  const { service, write, reload, verdict, log } = await start(t)
  for (const [section, fault] of sections) {
    await t.rejects(servingFiles(t, { 'routes.yaml': routesOf(service.url, section), 'keys.json': '[]', 'users.htpasswd': user('a', 'b') }), { name: 'ConfigErrors', errors: [{ message: fault }] }, section)
  }
  write('keys.json', JSON.stringify([entry('globex', OTHER)]))
  for (const [section, fault] of sections) {
    write('routes.yaml', routesOf(service.url, section))
    const { status, body } = await reload()
    t.equal(status, 422)
    t.match(body, { status: 'refused', revision: 1, faults: [fault] }, section)
    t.match(log.lines.at(-1), { 'log.level': 'error', message: /^not reloaded: .*\/routes\.yaml:1\d:\d+ issuers\/main\// })
    t.equal(await verdict('/keys', withKey(KEY)), 'acme-bot', 'all goes on as it was')
  }
  write('routes.yaml', routesOf(service.url))
  t.match((await reload()).body, { status: 'reloaded', revision: 2 })
  t.same(await verdict('/keys', withKey(KEY)), [401, undefined, 'unknown'])
})

t.test('a fault in what the process lives by has its place', async t => {
  const faults: [gateway: string, fault: RegExp][] = [
    ['redis: { url: "redis://:hunter2@10.0.0.9/not/a/database" }', /\/routes\.yaml:2:\d+ gateway\/redis\/url: expected a URL such as redis:.* \[GW_CONFIG_INVALID\]$/],
    ['session: { ring: pasport }', /\/routes\.yaml:2:\d+ gateway\/session\/ring: .* did you mean "passport"\? \[GW_CONFIG_UNKNOWN_KEY_RING\]$/]
  ]
  for (const [gateway, message] of faults) {
    const text = routesOf('http://127.0.0.1:1').replace('gateway: { ', `gateway: { ${gateway}, `)
    await t.rejects(servingFiles(t, { 'routes.yaml': text, 'keys.json': JSON.stringify([entry('acme', KEY)]), 'users.htpasswd': user('a', 'b') }), { name: 'ConfigErrors', errors: [{ message }] }, gateway)
  }
})
