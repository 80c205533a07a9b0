import t from 'tap'
import { memoryStore } from '../../../src/adapters/memory-store.ts'
import { MetricRegistry } from '../../../src/adapters/metric-registry.ts'
import { ConfigErrors } from '../../../src/contract/config-error.ts'
import { Identity } from '../../../src/identity/identity.ts'
import { newRingKey } from '../../../src/identity/rings/ring-key.ts'
import { fakeClock, fakeLog, fakeOutbound, type TestAnswer } from '../../../src/testing/index.ts'
import { loadNative, loadTexts } from '../config/load.ts'
import { ecKey } from './keys/jwk-fixtures.ts'

const NOW = 1_790_000_000
const MAIN = 'main: { issuer: https://a.test, audiences: a, jwksUri: https://a.test/jwks }'
const ring = (...algorithms: Parameters<typeof newRingKey>[0][]) => JSON.stringify(JSON.stringify({ keys: algorithms.map(algorithm => newRingKey(algorithm, NOW)) }))

/** The identities of one configuration after the other, and what they ask of the outside. */
function machine (answer: () => TestAnswer = () => ({ body: { keys: [ecKey({ kid: 'k' })] } })) {
  const clock = fakeClock(NOW * 1000)
  const registry = new MetricRegistry()
  const outbound = fakeOutbound(answer)
  const identity = new Identity({ outbound, store: memoryStore(clock), clock, log: fakeLog(), metrics: labels => registry.scope(labels) })
  const at = async (text: string) => identity.at((await loadNative(text)).config)
  /** Faults as they are printed. */
  const faults = async (files: string | Readonly<Record<string, string>>): Promise<string[]> => {
    const { config, locate } = await (typeof files === 'string' ? loadNative(files) : loadTexts(files))
    try {
      identity.at(config)
      return []
    } catch (error) {
      if (error instanceof ConfigErrors) return error.errors.map(fault => locate(fault).message)
      throw error
    }
  }
  return { identity, at, faults, clock, registry, calls: outbound.calls }
}

t.test('a file without issuers, rings and sessions has none', async t => {
  const { issuers, keys, sessions, published, ready } = await machine().at('routes: []')
  t.same([issuers.names, sessions, published()], [[], null, []])
  t.throws(() => keys.ring('passport', '/ring'), { code: 'GW_CONFIG_UNKNOWN_KEY_RING', pointer: '/ring' })
  await ready()
})

t.test('what is wrong in any section is told at once, with its place', async t => {
  const { faults } = machine()
  t.match(await faults(`issuers:
  first: { issuer: https://a.test, audiences: a, keys: none }
  second: { issuer: https://b.test, audiences: a, algorithms: [ES256, HS256] }
  fine: { issuer: https://c.test, audiences: a }
keyRings:
  passport: none
  passport-next: { keys: ephemeral }`), [
    /^routes\.yaml:3:56 issuers\/first\/keys: .*\[GW_CONFIG_INVALID\]$/,
    /^routes\.yaml:4:71 issuers\/second\/algorithms\/1: HS256 needs a secret.*\[GW_CONFIG_INVALID\]$/,
    /^routes\.yaml:7:13 keyRings\/passport: .*\[GW_CONFIG_INVALID\]$/
  ])
})

t.test('a fault in a ring has the place of that ring, in its own file', async t => {
  const { faults } = machine()
  const a = 'version: 1\nkeyRings:\n  one: ephemeral'
  t.match(await faults({ 'a.yaml': a, 'b.yaml': 'version: 1\nkeyRings:\n  one-more: { keys: nothing }' }), [/^b\.yaml:3:21 keyRings\/one-more\/keys: /])
  t.match(await faults({ 'a.yaml': a, 'b.yaml': 'version: 1\nkeyRings:\n  two: { keys: ephemeral, publish: /keys/one }' }), [/^b\.yaml:3:27 keyRings\/two\/publish: .*"one".*\[GW_CONFIG_DUPLICATE\]$/])
  t.match(await faults({ 'a.yaml': a, 'b.yaml': `version: 1\nkeyRings:\n  two: { keys: ${ring('A256GCM')}, publish: /keys/two }` }), [/^b\.yaml:3:\d+ keyRings\/two\/publish: .*\[GW_CONFIG_NO_EFFECT\]$/])
})

t.test('sessions need a ring that seals', async t => {
  const { faults, at } = machine()
  t.match(await faults('gateway: { session: {} }\nkeyRings: { sesion: ephemeral }'), [/^routes\.yaml:2:21 gateway\/session\/ring: no key ring is named "session" - did you mean "sesion"\? \[GW_CONFIG_UNKNOWN_KEY_RING\]$/])
  t.match(await faults(`gateway: { session: { ring: passport } }\nkeyRings: { passport: ${ring('EdDSA')} }`), [/^routes\.yaml:2:29 gateway\/session\/ring: .*no key that seals.*\[GW_CONFIG_INVALID\]$/])
  const { sessions } = await at(`gateway: { session: { ring: mine } }\nkeyRings: { mine: ${ring('A256GCM')} }`)
  t.same(await sessions?.unseal('a purpose', await sessions.seal('a purpose', { a: 1 }, 1000)), { a: 1 })
})

t.test('an issuer that stays as it was keeps what it has fetched, another does not', async t => {
  const { at, calls } = machine()
  const fetched = async (issuers: string) => {
    const before = calls.length
    await (await at(`issuers: { ${issuers} }`)).ready()
    return calls.slice(before).map(({ url }) => url)
  }
  const blocking = MAIN.replace('}', ', jwks: { start: blocking } }')
  t.same(await fetched(blocking), ['https://a.test/jwks'])
  t.same(await fetched(blocking), [])
  const other = 'other: { issuer: https://b.test, audiences: a, jwksUri: https://b.test/jwks, jwks: { start: blocking } }'
  t.same(await fetched(`${other}, ${blocking}`), ['https://b.test/jwks'])
  t.same(await fetched(blocking.replace('audiences: a', 'audiences: b')), ['https://a.test/jwks'])
  t.same(await fetched(blocking.replace('main', 'renamed')), ['https://a.test/jwks'])
  t.same(await fetched(blocking.replace('main', 'renamed')), [])
})

t.test('only the issuers that say so are waited for, and none forever', async t => {
  const { at, calls } = machine(() => { throw new Error('down') })
  const { ready } = await at(`issuers:\n  ${MAIN}\n  second: { issuer: https://b.test, audiences: a, jwks: { start: blocking } }\n  third: { issuer: https://c.test, audiences: a, keys: [${JSON.stringify(ecKey({ kid: 'k' }))}] }`)
  t.same(calls, [])
  await ready()
  t.same(calls.map(({ url }) => url), ['https://b.test/.well-known/openid-configuration'])
})

t.test('a ring of this process goes on over a reload, but not over its absence', async t => {
  const { at } = machine()
  const published = async (rings: string) => (await at(`keyRings: { ${rings} }`)).published().map(({ path, jwks }) => [path, jwks().keys.map(({ kid }) => kid)])
  const first = await published('passport: ephemeral')
  t.match(first, [['/keys/passport', [/^\d{8}-/]]])
  t.same(await published('passport: { keys: ephemeral }'), first)
  t.same(await published('passport: { keys: ephemeral, publish: /jwks.json }'), [['/jwks.json', first[0]![1]]])
  t.notSame((await published('other: ephemeral'))[0]![1], first[0]![1])
  t.notSame(await published('passport: ephemeral'), first)
})

t.test('a configuration that is wrong leaves the one of before as it was', async t => {
  const { at, faults, calls } = machine()
  const sound = `issuers: { ${MAIN.replace('}', ', jwks: { start: blocking } }')} }\nkeyRings: { session: ephemeral }`
  const before = await at(sound)
  await before.ready()
  for (const broken of ['keyRings: { session: none }', `${sound}\ngateway: { session: { ring: none } }`, 'issuers: { other: { issuer: https://b.test, audiences: a, keys: none } }']) t.equal((await faults(broken)).length, 1)
  const after = await at(sound)
  await after.ready()
  t.equal(calls.length, 1)
  t.same(after.published()[0]!.jwks(), before.published()[0]!.jwks())
})

t.test('metrics of an issuer name it', async t => {
  const { at, registry } = machine()
  await (await at(`issuers: { ${MAIN.replace('}', ', jwks: { start: blocking } }')} }`)).ready()
  t.match(registry.samples().filter(({ name }) => name === 'gatehouse_jwks_fetches_total'), [{ labels: { issuer: 'main', outcome: 'ok' }, value: 1 }])
})

t.test('metrics go with their issuer, and all of them in the end', async t => {
  const { at, faults, registry, identity } = machine()
  const blocking = (name: string) => `${name}: { issuer: https://a.test, audiences: a, jwksUri: https://a.test/jwks, jwks: { start: blocking } }`
  const counted = () => new Set(registry.samples().map(({ labels }) => labels['issuer']))
  await (await at(`issuers: { ${blocking('one')}, ${blocking('two')} }`)).ready()
  t.same(counted(), new Set(['one', 'two']))
  t.equal((await faults(`issuers: { ${blocking('two')}, ${blocking('three')} }\nkeyRings: { passport: none }`)).length, 1)
  t.same(counted(), new Set(['one', 'two']), 'those of a configuration that is wrong are not begun')
  await (await at(`issuers: { ${blocking('two')} }`)).ready()
  t.same(counted(), new Set(['two']))
  identity.close()
  t.equal(registry.size, 0)
})
