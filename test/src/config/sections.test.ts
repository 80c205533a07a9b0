/* eslint no-template-curly-in-string: off -- references are what this is about */
import t from 'tap'
import { Config, defineFilter } from '../../../src/contract/index.ts'
import { roomsOf } from '../../../src/plan/compile-room.ts'
import { rooms } from './fake-rooms.ts'
import { faultsOf, loadNative, loadTexts } from './load.ts'

t.test('an issuer has its defaults, and what its file says', async t => {
  const { config: { issuers } } = await loadTexts({
    'a.yaml': [
      'version: 1',
      'issuers:',
      '  main: { issuer: https://idp.test, audiences: orders }',
      '  strict:',
      '    issuer: https://other.test/',
      '    audiences: [orders, billing]',
      '    types: at+jwt',
      '    algorithms: ES256',
      '    maxAge: 10m',
      '    client: { id: gateway, secret: "${IDP_SECRET}" }',
      '    claims: { roles: realm_access.roles }',
      '    jwks: { start: blocking }',
      '    keys: "${file:keys.jwks}"',
      '    ca: "${file:ca.pem}"'
    ].join('\n'),
    'keys.jwks': '{"keys":[]}',
    'ca.pem': 'a PEM'
  }, { env: { IDP_SECRET: 's3cret' } })
  t.same([...issuers.keys()], ['main', 'strict'])
  t.same(issuers.get('main'), {
    config: {
      issuer: 'https://idp.test',
      audiences: ['orders'],
      algorithms: ['RS256', 'PS256', 'ES256', 'EdDSA'],
      types: ['at+jwt', 'jwt', 'none'],
      requiredClaims: ['exp', 'iss', 'aud', 'sub'],
      clockSkew: 30_000,
      claims: { subject: 'sub', client: 'client_id', scopes: 'scope', roles: 'roles', tenant: 'tenant' },
      jwks: { timeout: 2000, cooldown: 30_000, staleIfError: 86_400_000, start: 'lazy' },
      insecureHttp: false
    },
    origin: { file: 'a.yaml', pointer: '/issuers/main' }
  })
  t.match(issuers.get('strict')?.config, {
    issuer: 'https://other.test/',
    audiences: ['orders', 'billing'],
    types: ['at+jwt'],
    algorithms: ['ES256'],
    maxAge: 600_000,
    client: { id: 'gateway', secret: 's3cret', authentication: 'client_secret_basic' },
    claims: { roles: 'realm_access.roles', subject: 'sub' },
    jwks: { start: 'blocking', cooldown: 30_000 },
    keys: '{"keys":[]}',
    ca: 'a PEM'
  })
})

t.test('keys of an issuer can stand in the file itself', async t => {
  const { config: { issuers } } = await loadNative('issuers: { main: { issuer: https://idp.test, audiences: a, keys: [{ kty: OKP, crv: Ed25519, x: AAAA, kid: one }] } }')
  t.same(issuers.get('main')?.config.keys, [{ kty: 'OKP', crv: 'Ed25519', x: 'AAAA', kid: 'one' }])
})

t.test('a key ring is its text, or a map with it', async t => {
  const { config: { keyRings }, redact, files } = await loadTexts({
    'a.yaml': 'version: 1\nkeyRings:\n  short: "${file:ring.key}"\n  long: { keys: "${file:ring.key}", publish: /keys/mine }\n  none: ephemeral\n',
    'ring.key': 'the text of a ring'
  })
  t.same([...keyRings], [
    ['short', { config: { keys: 'the text of a ring' }, origin: { file: 'a.yaml', pointer: '/keyRings/short' } }],
    ['long', { config: { keys: 'the text of a ring', publish: '/keys/mine' }, origin: { file: 'a.yaml', pointer: '/keyRings/long' } }],
    ['none', { config: { keys: 'ephemeral' }, origin: { file: 'a.yaml', pointer: '/keyRings/none' } }]
  ])
  t.equal(redact('it is: the text of a ring'), 'it is: ***')
  t.ok(files.some(file => file.endsWith('/ring.key')), 'its file is watched')
})

t.test('sections without an entry are empty', async t => {
  for (const text of ['routes: []', 'issuers: {}\nkeyRings: {}']) {
    const { config: { issuers, keyRings, settings, settingsOrigin } } = await loadNative(text)
    t.same([issuers.size, keyRings.size, settings.session, settings.redis, settingsOrigin], [0, 0, undefined, undefined, null])
  }
  t.same(await faultsOf(loadNative('issuers: []\nkeyRings: none')), [
    'routes.yaml:2:10 issuers: expected a map with names as keys, not [] [GW_CONFIG_INVALID]',
    'routes.yaml:3:11 keyRings: expected a map with names as keys, not none [GW_CONFIG_INVALID]'
  ])
})

t.test('issuers and key rings of several files are those of one configuration', async t => {
  const issuer = '{ issuer: https://a.test, audiences: a }'
  const { config } = await loadTexts({ 'a.yaml': `version: 1\nissuers: { a: ${issuer} }\nkeyRings: { passport: ephemeral }`, 'b.yaml': `version: 1\nissuers: { b: ${issuer} }\nkeyRings: { session: ephemeral }` })
  t.same([[...config.issuers.keys()], [...config.keyRings.keys()]], [['a', 'b'], ['passport', 'session']])
  t.same(await faultsOf(loadTexts({
    'a.yaml': `version: 1\ngateway: { session: {} }\nissuers: { main: ${issuer} }\nkeyRings: { passport: ephemeral }`,
    'b.yaml': `version: 1\ngateway: { redis: { url: "" } }\nissuers: { main: ${issuer} }\nkeyRings:\n  passport: { keys: ephemeral }`
  })), [
    'b.yaml:2:1 gateway: "gateway" is here and at a.yaml:2:1; one file may have it [GW_CONFIG_DUPLICATE]',
    'b.yaml:3:12 issuers/main: the issuer "main" is here and at a.yaml:3:12 [GW_CONFIG_DUPLICATE]',
    'b.yaml:5:3 keyRings/passport: the key ring "passport" is here and at a.yaml:4:13 [GW_CONFIG_DUPLICATE]'
  ])
})

t.test('sessions and Redis have their defaults, and the place of their section', async t => {
  const { config: { settings, settingsOrigin } } = await loadNative('gateway: { session: {}, redis: { url: "${REDIS_URL:-}" } }')
  t.same(settings.session, { ring: 'session', cookie: '__Host-gatehouse', lifetime: 28_800_000, idle: 3_600_000 })
  t.same(settings.redis, { url: '', timeout: 250, prefix: 'gatehouse:' })
  t.same(settingsOrigin, { file: 'routes.yaml', pointer: '/gateway' })
  const other = await loadNative('gateway: { session: { cookie: __Secure-me, idle: 5m }, redis: { url: "rediss://me:${REDIS_PASSWORD}@10.0.0.9:6380/3", prefix: "" } }', { env: { REDIS_PASSWORD: 'hunter22' } })
  t.match(other.config.settings, { session: { cookie: '__Secure-me', idle: 300_000 }, redis: { url: 'rediss://me:hunter22@10.0.0.9:6380/3', prefix: '' } })
  t.equal(other.redact('hunter22 at rediss://me:other@10.0.0.9'), '*** at rediss://***@10.0.0.9')
})

t.test('the place of the section is that of the native file that has it', async t => {
  const { config: { settingsOrigin } } = await loadTexts({ 'a.yaml': 'version: 1\nroutes: []', 'b.yaml': 'version: 1\ngateway: { drain: 1s }' })
  t.same(settingsOrigin, { file: 'b.yaml', pointer: '/gateway' })
})

const sieve = defineFilter({ name: 'sieve', everywhere: true, config: Config({}), create: () => ({ request: () => {} }) })
const everywhere = roomsOf([...rooms.filters.values(), sieve], [...rooms.predicates.values()])
const skipping = (name: string, more = '') => `${more}\nroutes: [{ id: a, predicates: [path: /a], skip: [${name}] }]`

t.test('a route skips a filter that stands everywhere without being written', async t => {
  const { config: { routes: [route] } } = await loadNative(skipping('sieve'), { rooms: everywhere })
  t.match(route, { skip: ['sieve'], filters: [] })
  const named = await loadNative(skipping('sieve', 'filters: [sieve, secure-headers]'), { rooms: everywhere })
  t.same(named.config.routes[0]!.filters.map(({ name }) => name), ['secure-headers'], 'also where it is written for all')
  t.same(named.config.routes[0]!.skip, ['sieve'])
})

t.test('a route cannot skip what is not there', async t => {
  t.same(await faultsOf(loadNative(skipping('siev'), { rooms: everywhere })), ['routes.yaml:3:50 routes/a/skip/0: "siev" is no filter of every route; there are none [GW_CONFIG_NO_EFFECT]'])
  t.same(await faultsOf(loadNative(skipping('secure-headers', 'filters: [{ strip-prefix: 1 }]'), { rooms: everywhere })), [
    'routes.yaml:3:50 routes/a/skip/0: "secure-headers" is no filter of every route; those are: strip-prefix [GW_CONFIG_NO_EFFECT]'
  ], 'nor a room that does not stand everywhere')
})

t.test('a route may skip what only a plugin could know, until the plugins are there', async t => {
  const text = skipping('sieve', 'plugins: ./rooms')
  t.match((await loadNative(text)).config.routes, [{ id: 'a', skip: ['sieve'] }])
  t.match((await loadNative(text, { rooms: everywhere, allRooms: true })).config.routes, [{ skip: ['sieve'] }])
  t.match(await faultsOf(loadNative(text, { allRooms: true })), [/"sieve" is no filter of every route/])
  t.match(await faultsOf(loadNative(skipping('secure-headers', 'plugins: ./rooms'))), [/"secure-headers" is no filter of every route/], 'a room that is known is no other')
})
