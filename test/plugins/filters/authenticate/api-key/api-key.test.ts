import { createHash } from 'node:crypto'
import t from 'tap'
import authenticate from '../../../../../plugins/filters/authenticate/index.ts'
import { memoryStore } from '../../../../../src/adapters/memory-store.ts'
import { newApiKey } from '../../../../../src/cli/keys/new-api-key.ts'
import { StoreUnavailable, type Store } from '../../../../../src/contract/index.ts'
import { fakeClock, mount, type FakeServices } from '../../../../../src/testing/index.ts'

const KEY = 'partner-key-0123456789abcdef'
const NOW = Date.parse('2026-06-01T00:00:00Z')
const sha256 = (key: string) => createHash('sha256').update(key).digest('hex')
const entry = (over: object = {}, key = KEY) => ({ id: 'partner', hash: `sha256:${sha256(key)}`, ...over })
const AT = '/authenticate/ways/0/api-key'

function room (options: object = { keys: [entry()] }, services: Partial<FakeServices> = {}, more: object = {}) {
  const clock = fakeClock(NOW)
  const mounted = mount(authenticate, { ways: [{ 'api-key': options }], ...more }, {}, { services: { clock, ...services } })
  const send = (key: string | readonly string[] = KEY, header = 'x-api-key') => mounted.call({ headers: { [header]: key } })
  return { ...mounted, clock, send }
}

t.test('knows the holder of a key by its hash', async t => {
  const keys = [entry({ id: 'other' }, 'other-key-0123456789abcdef'), entry({ subject: 'acme', client: 'crm', scopes: ['orders.read'], roles: ['partner'], tenant: 't1', expires: '2026-06-02T00:00:00Z' })]
  const { status, x } = await room({ keys }).send()
  t.equal(status, 200)
  t.match(x.principal, {
    subject: 'acme',
    issuer: null,
    client: 'crm',
    scopes: ['orders.read'],
    roles: ['partner'],
    tenant: 't1',
    level: 1,
    source: 'api-key',
    claims: {},
    expiresAt: NOW + 86_400_000,
    confirmation: null,
    token: null
  })
  t.notOk(x.headers.has('x-api-key'), 'the key does not go upstream')
})

t.test('no cache in front gives the reply to somebody else: it varies by the header of the key', async t => {
  t.same((await room({ keys: [entry()], header: 'X-Partner-Key' }).send(KEY, 'x-partner-key')).reply.headers.all('vary'), ['X-Partner-Key'])
  const { call } = room(undefined, {}, { optional: true })
  t.notOk((await call()).reply.headers.has('vary'))
})

t.test('calls the holder by the id of the key where nothing else is said', async t => {
  t.match((await room().send()).x.principal, { subject: 'partner', client: null, scopes: [], roles: [], tenant: null, expiresAt: Infinity })
})

t.test('gives every request with the same key the same principal', async t => {
  const { send } = room()
  t.equal((await send()).x.principal, (await send()).x.principal)
})

for (const [title, key, reason] of [
  ['nobody knows', 'partner-key-0123456789abcdeg', 'unknown'],
  ['differs in case', KEY.toUpperCase(), 'unknown'],
  ['is part of one', KEY.slice(0, -1), 'unknown'],
  ['is a hash', `sha256:${sha256(KEY)}`, 'unknown'],
  ['is too short to be a secret', 'a'.repeat(15), 'malformed'],
  ['is empty', '', 'malformed'],
  ['has a space in it', `${KEY} ${KEY}`, 'malformed'],
  ['is not ASCII', 'partner-key-0123456789abcd\u00e9', 'malformed'],
  ['is too long', 'a'.repeat(257), 'too-large'],
  ['is the name of a property', '__proto____proto__', 'unknown']
] as const) {
  t.test(`refuses a key that ${title}`, async t => {
    const { send, services } = room()
    const { status, x, reply } = await send(key)
    t.strictSame([status, x.reason, x.principal], [401, reason, null])
    t.equal(reply.headers.get('www-authenticate'), undefined, 'no scheme goes with API keys')
    t.match(services.registry.samples().find(({ name }) => name === 'gatehouse_credentials_refused_total'), { labels: { reason }, value: 1 })
  })
}

t.test('compares the whole hash', async t => {
  const hex = sha256(KEY)
  const twisted = hex.slice(0, -1) + (hex.endsWith('0') ? '1' : '0')
  t.equal((await room({ keys: [{ id: 'a', hash: `sha256:${twisted}` }] }).send()).x.reason, 'unknown')
  t.match((await room({ keys: [{ id: 'a', hash: `sha256:${twisted}` }, entry({ id: 'b' })] }).send()).x.principal, { subject: 'b' }, 'also where another begins alike')
})

t.test('refuses two keys, though both are good', async t => {
  const { send } = room()
  const { status, x } = await send([KEY, KEY])
  t.strictSame([status, x.reason], [400, 'repeated'])
})

t.test('ends a key when it expires', async t => {
  const { send, clock } = room({ keys: [entry({ expires: '2026-06-01T00:00:10Z' })] })
  clock.advance(9_999)
  t.equal((await send()).status, 200)
  clock.advance(1)
  const { status, x } = await send()
  t.strictSame([status, x.reason], [401, 'expired'])
})

t.test('refuses a key that was disabled', async t => {
  const { status, x } = await room({ keys: [entry({ disabled: true })] }).send()
  t.strictSame([status, x.reason], [401, 'revoked'])
})

t.test('takes the key from the header that is named', async t => {
  const { send, call } = room({ header: 'X-Partner', keys: [entry()] })
  const { status, x } = await send(KEY, 'x-partner')
  t.equal(status, 200)
  t.notOk(x.headers.has('x-partner'))
  t.equal((await send()).x.reason, 'missing')
  t.equal((await call()).status, 401)
})

t.test('takes no key from the query unless a parameter is named', async t => {
  const { call } = room()
  t.equal((await call({ target: `/?X-Api-Key=${KEY}&api_key=${KEY}` })).x.reason, 'missing')
})

t.test('takes the key from the query parameter that is named, and takes it out', async t => {
  const { call } = room({ query: 'api_key', keys: [entry()] })
  const { status, x } = await call({ target: `/a?b=1&api%5Fkey=${KEY}&c=%7e` })
  t.equal(status, 200)
  t.equal(x.query, 'b=1&c=%7e')
  t.equal((await call({ target: `/?api_key=${KEY}&api%5fkey=${KEY}` })).status, 400)
  t.equal((await call({ target: `/?api_key=${KEY}`, headers: { 'x-api-key': KEY } })).status, 400, 'one in each place is two')
  const plain = await call({ target: '/?b=%7e', headers: { 'x-api-key': KEY } })
  t.strictSame([plain.status, plain.x.query], [200, 'b=%7e'])
})

t.test('reads the keys from the text of a file, as a list or as `keys`', async t => {
  for (const text of [JSON.stringify([entry({ subject: 'acme' })]), JSON.stringify({ keys: [entry({ subject: 'acme' })] })]) {
    t.match((await room({ keys: text }).send()).x.principal, { subject: 'acme', scopes: [] })
  }
})

t.test('looks up nothing without the `prefix`', async t => {
  const { send } = room({ prefix: 'partner-', keys: [entry(), entry({ id: 'b' }, 'other-key-0123456789abcdef')] })
  t.equal((await send()).status, 200)
  t.equal((await send('other-key-0123456789abcdef')).x.reason, 'malformed')
})

t.test('knows keys of `gatehouse keys api-key`, and a mistyped one without looking', async t => {
  const { key, entry } = newApiKey()
  const { send } = room({ prefix: 'gk_', keys: [entry] })
  t.match((await send(key)).x.principal, { subject: entry.id })
  const mistyped = key.slice(0, 10) + (key[10] === '0' ? '1' : '0') + key.slice(11)
  t.equal((await send(mistyped)).x.reason, 'malformed')
  t.equal((await send('gk_' + '0'.repeat(16))).x.reason, 'malformed')
  t.equal((await send(newApiKey().key)).x.reason, 'unknown')
})

/** A store that counts and can be down. */
function countingStore (entries: Readonly<Record<string, unknown>>, clock = fakeClock(NOW)) {
  const asked: string[] = []
  const state = { isDown: false }
  const store: Store = {
    ...memoryStore(clock),
    shared: true,
    get: async key => {
      asked.push(key)
      if (state.isDown) throw new StoreUnavailable('redis is down')
      const found = entries[key]
      return found === undefined ? null : typeof found === 'string' ? found : JSON.stringify(found)
    }
  }
  return { ...room({ store: true }, { clock, store }), asked, clock, state }
}

t.test('finds keys in the store, and asks once for requests that come at one time', async t => {
  const { send, asked } = countingStore({ [`apikey:${sha256(KEY)}`]: entry({ subject: 'acme', expires: '2026-06-02T00:00:00Z' }) })
  const calls = await Promise.all(Array.from({ length: 20 }, () => send()))
  t.ok(calls.every(({ status, x }) => status === 200 && x.principal === calls[0]!.x.principal))
  t.match(calls[0]!.x.principal, { subject: 'acme', source: 'api-key', level: 1, expiresAt: NOW + 86_400_000 })
  t.same(asked, [`apikey:${sha256(KEY)}`])
})

t.test('remembers a key of the store for 10 s, one that is not there for 2 s', async t => {
  const { send, asked, clock } = countingStore({ [`apikey:${sha256(KEY)}`]: entry() })
  await send()
  clock.advance(9_999)
  await send()
  t.equal(asked.length, 1)
  clock.advance(1)
  await send()
  t.equal(asked.length, 2)
  const unknown = 'unknown-key-0123456789abcdef'
  t.equal((await send(unknown)).x.reason, 'unknown')
  clock.advance(1_999)
  t.equal((await send(unknown)).x.reason, 'unknown')
  t.equal(asked.length, 3)
  clock.advance(1)
  await send(unknown)
  t.equal(asked.length, 4)
})

t.test('never remembers a key of the store past its end', async t => {
  const { send, clock } = countingStore({ [`apikey:${sha256(KEY)}`]: entry({ expires: '2026-06-01T00:00:03Z' }) })
  t.equal((await send()).status, 200)
  clock.advance(3_000)
  t.equal((await send()).x.reason, 'expired')
})

t.test('refuses disabled keys of the store', async t => {
  t.equal((await countingStore({ [`apikey:${sha256(KEY)}`]: entry({ disabled: true }) }).send()).x.reason, 'revoked')
})

t.test('lets nobody in while the store cannot be asked', async t => {
  const { send, state } = countingStore({ [`apikey:${sha256(KEY)}`]: entry() })
  state.isDown = true
  const { status, text, x } = await send()
  t.strictSame([status, x.reason], [503, 'unavailable'])
  t.match(JSON.parse(text), { code: 'GW_IDENTITY_UNAVAILABLE' })
  state.isDown = false
  t.equal((await send()).status, 200, 'the failure is not remembered')
})

t.test('a bug of the store is not its absence', async t => {
  const store: Store = { ...memoryStore(fakeClock()), shared: true, get: async () => { throw new TypeError('bug') } }
  t.equal((await room({ store: true }, { store }).send()).status, 500)
})

t.test('an entry of the store that is none, or another key\'s, lets nobody in', async t => {
  for (const found of ['{', 'null', '[]', '{}', { id: 'a', hash: 'sha256:0' }, entry({}, 'other-key-0123456789abcdef'), entry({ scope: ['admin'] }), entry({ expires: 'tomorrow' })]) {
    const { send, services } = countingStore({ [`apikey:${sha256(KEY)}`]: found })
    const { status } = await send()
    t.equal(status, 503, JSON.stringify(found))
    t.match(services.log.lines, [{ level: 'error', fields: { 'gatehouse.api_key.hash': sha256(KEY).slice(0, 12) } }])
    t.notMatch(JSON.stringify(services.log.lines), KEY)
  }
})

t.test('names the key that is wrong', async t => {
  const wrong = (options: object) => () => room(options)
  for (const [options, code, pointer] of [
    [{}, 'GW_CONFIG_INVALID', ''],
    [{ keys: [entry()], store: true }, 'GW_CONFIG_NO_EFFECT', '/keys'],
    [{ store: true }, 'GW_CONFIG_INVALID', '/store'],
    [{ keys: [] }, 'GW_CONFIG_INVALID', '/keys'],
    [{ keys: [entry()], header: 'Authorization' }, 'GW_CONFIG_INVALID', '/header'],
    [{ keys: [entry()], header: 'X Key' }, 'GW_CONFIG_INVALID', '/header'],
    [{ keys: [entry()], prefix: 'a b' }, 'GW_CONFIG_INVALID', '/prefix'],
    [{ keys: [entry({ hash: 'md5:abc' })] }, 'GW_CONFIG_INVALID', '/keys/0/hash'],
    [{ keys: [entry({ hash: `sha256:${sha256(KEY).toUpperCase()}` })] }, 'GW_CONFIG_INVALID', '/keys/0/hash'],
    [{ keys: [entry({ expires: '2026-02-30T00:00:00Z' })] }, 'GW_CONFIG_INVALID', '/keys/0/expires'],
    [{ keys: [entry({ scope: ['a'] })] }, 'GW_CONFIG_UNKNOWN_KEY', '/keys/0/scope'],
    [{ keys: [entry(), entry({ id: 'b' })] }, 'GW_CONFIG_DUPLICATE', '/keys/1/hash'],
    [{ keys: [entry(), entry({}, 'other-key-0123456789abcdef')] }, 'GW_CONFIG_DUPLICATE', '/keys/1/id'],
    [{ keys: 'partner-key' }, 'GW_CONFIG_INVALID', '/keys'],
    [{ keys: '[]' }, 'GW_CONFIG_INVALID', '/keys'],
    [{ keys: '[{"id":"a","hash":"sha256:0"}]' }, 'GW_CONFIG_INVALID', '/keys'],
    [{ keys: JSON.stringify([entry({ scope: ['a'] })]) }, 'GW_CONFIG_UNKNOWN_KEY', '/keys'],
    [{ keys: JSON.stringify([entry(), entry({ id: 'b' })]) }, 'GW_CONFIG_DUPLICATE', '/keys']
  ] as const) {
    t.throws(wrong(options), { errors: [{ code, pointer: AT + pointer }] }, JSON.stringify(options).slice(0, 80))
  }
  t.throws(wrong({ keys: 'api-keys.json' }), { errors: [{ detail: /"\$\{file:api-keys\.json\}"/ }] }, 'the name of a file is not its text')
})

t.test('a fault in the text of a file tells where, and nothing of what is in it', async t => {
  try {
    room({ keys: JSON.stringify([entry(), { id: 'very-secret', hash: 'very-secret' }]) })
    t.fail('the text was taken')
  } catch (error) {
    t.match(error, { message: /\/keys\/1\/hash/ })
    t.notMatch(String(error), 'very-secret')
  }
})
