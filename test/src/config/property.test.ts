/* eslint no-template-curly-in-string: off -- references are what this is about */
import fc from 'fast-check'
import t from 'tap'
import { stringify } from 'yaml'
import { importSpring } from '../../../src/config/import-spring.ts'
import { ConfigErrors } from '../../../src/contract/config-error.ts'
import { rooms } from './fake-rooms.ts'
import { comparable, compileFaults, loadTexts } from './load.ts'

const ENV = { A: 'a', N: '5', B: 'true', TOKEN: 'a secret' }
const FORMS = { numRuns: 300 }

/** Text that the loader has something to do with. */
const text = fc.oneof(
  fc.string(),
  fc.constantFrom('/a', '/a/{id}', '${A}', '${N}', '${NOPE}', '${N:-5}', '${N:5}', '${', '$${A}', '#{x}', 'GET', '5s', '100/s', 'http://a', 'lb://a', 'a', '', ' ', '*a', '__proto__', 'Path=/a', 'StripPrefix=1', 'Retry=1,2,3', '=', 'Name='),
  fc.string({ unit: fc.constantFrom('$', '{', '}', ':', '-', 'A', '\\', ',', '=', '#', '\n') })
)
const scalar = fc.oneof(text, fc.integer(), fc.double(), fc.boolean(), fc.constant(null))
const key = fc.oneof(text, fc.constantFrom('version', 'gateway', 'routes', 'filters', 'upstreams', 'plugins', 'id', 'predicates', 'upstream', 'skip', 'metadata', 'any', 'not', 'when', 'report', 'name', 'args', 'uri', 'path', 'strip-prefix', 'rate-limit', 'constructor', 'toString', 'listen', 'patterns', '0'))
const anything = fc.letrec(tie => ({
  value: fc.oneof({ maxDepth: 4 }, scalar, fc.array(tie('value'), { maxLength: 4 }), fc.dictionary(key, tie('value'), { maxKeys: 4 }))
})).value

const use = (names: readonly string[]) => fc.oneof(fc.constantFrom(...names), fc.dictionary(fc.constantFrom(...names, 'when', 'report', 'any', 'not'), anything, { maxKeys: 2 }), anything)
const nativeRoute = fc.record({
  id: text, order: scalar, predicates: fc.oneof(fc.array(use([...rooms.predicates.keys()]), { maxLength: 3 }), anything), filters: fc.oneof(fc.array(use([...rooms.filters.keys()]), { maxLength: 3 }), anything), upstream: anything, skip: anything, metadata: anything, timeout: scalar, tests: anything
}, { requiredKeys: ['id', 'predicates'] })
const native = fc.oneof(
  fc.record({ version: fc.constantFrom(1, 2, null), gateway: anything, upstreams: anything, filters: anything, plugins: anything, routes: fc.oneof(fc.array(nativeRoute, { maxLength: 3 }), anything) }, { requiredKeys: [] }),
  anything
)

const springUse = (names: readonly string[]) => fc.oneof(
  fc.tuple(fc.constantFrom(...names), text).map(([name, args]) => `${name}=${args}`),
  fc.record({ name: fc.constantFrom(...names), args: fc.oneof(anything, fc.dictionary(fc.constantFrom('parts', 'patterns', 'patterns.0', '_genkey_0', 'name', 'value', 'retries', 'statuses', 'backoff.firstBackoff'), scalar)) }),
  anything
)
const springRoute = fc.record({
  id: scalar, uri: fc.oneof(fc.constantFrom('http://a', 'lb://a', 'no://op', 'ws://a/b', '${URI:http://b}'), scalar), predicates: fc.oneof(fc.array(springUse(['Path', 'Method', 'Header', 'No']), { maxLength: 3 }), anything), filters: fc.oneof(fc.array(springUse(['StripPrefix', 'SetRequestHeader', 'Retry', 'RequestSize', 'SecureHeaders', 'No']), { maxLength: 3 }), anything), order: scalar, metadata: anything, enabled: scalar
}, { requiredKeys: [] })
const spring = fc.record({
  server: anything,
  'spring.cloud.gateway': fc.oneof(fc.record({ routes: fc.oneof(fc.array(springRoute, { maxLength: 3 }), anything), 'default-filters': anything, globalcors: anything, httpclient: anything, 'x-forwarded': anything, 'server.webflux': anything }, { requiredKeys: [] }), anything),
  app: anything
}, { requiredKeys: ['spring.cloud.gateway'] })

/** Loads and compiles; the only thing that may be thrown are faults with their places. */
async function loads (file: string, content: string): Promise<void> {
  try {
    const loaded = await loadTexts({ [file]: content }, { env: ENV })
    for (const fault of [...compileFaults(loaded), ...loaded.warnings]) places([fault])
  } catch (error) {
    if (!(error instanceof ConfigErrors)) throw error
    places(error.errors)
  }
}

function places (errors: ConfigErrors['errors']): void {
  for (const { place, message } of errors) if (!/:\d+:\d+$/.test(place) || message.includes(ENV.TOKEN)) throw new Error(`no place, or a secret: ${message}`)
}

const dump = (value: unknown) => stringify(value, { aliasDuplicateObjects: false })

t.test('whatever a native file holds, it loads or its faults are told', async () => {
  await fc.assert(fc.asyncProperty(native, async value => { await loads('routes.yaml', dump(value)) }), FORMS)
})

t.test('whatever a Spring file holds, it loads or its faults are told', async () => {
  await fc.assert(fc.asyncProperty(spring, async value => { await loads('application.yml', dump(value)) }), FORMS)
})

t.test('whatever text a file is, it loads or its faults are told', async () => {
  const yaml = fc.string({ unit: fc.constantFrom('routes', 'a', ':', ' ', '\n', '-', '[', ']', '{', '}', '&a', '*a', '<<', '"', "'", '|', '>', '#', '!', '%', '---\n', '\t', '${A}', ',', '?', '  ', 'version: 1\n', 'spring:') })
  await fc.assert(fc.asyncProperty(fc.oneof(yaml, fc.string({ unit: 'binary' })), async content => { await loads('routes.yaml', content) }), FORMS)
})

t.test('a sound native file loads as what was written', async t => {
  const name = fc.stringMatching(/^[A-Za-z0-9._-]{1,12}$/)
  const plainText = fc.string({ unit: 'binary', maxLength: 20 }).map(value => value.toWellFormed()).filter(value => !value.includes('${'))
  const routes = fc.uniqueArray(fc.record({ id: name, order: fc.integer({ min: -1000, max: 1000 }), predicates: fc.constant([{ path: '/a' }]), metadata: fc.dictionary(plainText.filter(name => !/[\n\r\u2028\u2029]/.test(name)), fc.oneof(plainText, fc.integer(), fc.boolean())) }), { selector: ({ id }) => id, maxLength: 4 })
  await fc.assert(fc.asyncProperty(routes, async written => {
    const { config } = await loadTexts({ 'routes.yaml': dump({ version: 1, routes: written }) })
    t.same(config.routes.map(({ id, order, metadata }) => [id, order, { ...metadata }]), written.map(({ id, order, metadata }) => [id, order, { ...metadata }]))
  }), FORMS)
})

t.test('what is imported loads as the Spring file does', async t => {
  const segment = fc.stringMatching(/^[a-z]{1,5}$/)
  const reference = fc.constantFrom('${A:x}', '${N:7}', '${NOPE:y}', '')
  const value = fc.tuple(fc.stringMatching(/^[a-z0-9:'"{}&*!%#?-]{1,8}$/), reference).map(parts => parts.join('')).filter(part => !part.includes('#{'))
  const filter = fc.oneof(
    fc.constantFrom('SecureHeaders', 'StripPrefix=2', 'StripPrefix=${N:3}', 'Retry=2'),
    fc.tuple(segment, value).map(([name, text]) => ({ name: 'SetRequestHeader', args: { name, value: text } }))
  )
  const route = fc.record({
    uri: fc.constantFrom('http://a', 'https://b:8443', '${URI:http://c}', 'no://op'),
    predicates: fc.tuple(segment, reference).map(([path, more]) => [`Path=/${path}${more}`]),
    filters: fc.array(filter, { maxLength: 3 }),
    order: fc.oneof(fc.integer(), fc.constant('${N:1}')),
    metadata: fc.dictionary(segment, fc.oneof(value, fc.integer()))
  })
  await fc.assert(fc.asyncProperty(fc.array(route, { maxLength: 3 }), fc.array(filter, { maxLength: 2 }), async (routes, defaults) => {
    const content = dump({ 'spring.cloud.gateway': { routes: routes.map((one, i) => ({ id: `r${i}`, ...one })), 'default-filters': defaults } }).replace(/: "(\$\{N:\d\})"$/gm, ': $1')
    const { yaml } = await importSpring('application.yml', { env: {}, rooms, readFile: async () => new TextEncoder().encode(content) })
    t.same(comparable(await loadTexts({ 'routes.yaml': yaml }, { env: ENV })), comparable(await loadTexts({ 'application.yml': content }, { env: ENV })), yaml)
  }), FORMS)
})
