import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import t from 'tap'
import { parse } from 'yaml'
import { filters, predicates } from '../../../plugins/index.ts'
import { routeFileSchema } from '../../../src/config/json-schema.ts'
import { Config, defineFilter, PredicateList, type Filter, type Predicate } from '../../../src/contract/index.ts'
import { roomsOf } from '../../../src/plan/compile-room.ts'
import { rooms } from './fake-rooms.ts'
import { faultsOf, loadTexts } from './load.ts'

interface Ajv { compile (schema: object): (value: unknown) => boolean }

// The validator that Fastify brings: not of our making, and it knows draft 2020-12.
const fastify = createRequire(createRequire(import.meta.url).resolve('fastify'))
const { default: Ajv2020 } = createRequire(fastify.resolve('@fastify/ajv-compiler'))('ajv/dist/2020.js') as { default: new (options: object) => Ajv }

const schema = routeFileSchema(rooms)
const compile = (made: object) => new Ajv2020({ strict: true, strictTypes: false, strictRequired: false }).compile(made)
const valid = compile(schema)

/** Whether the schema takes a file; the loader and the compiler must say the same. */
const takes = (yaml: string): boolean => valid(parse(yaml))

const GOOD = {
  'the smallest file': 'version: 1',
  'all sections': `
version: 1
gateway:
  listen: { port: 8080 }
  admin: false
  trustedProxies: [10.0.0.0/8]
  limits: { bodyBytes: 5MB, headers: 50 }
  drain: 5s
upstreams:
  orders: { endpoints: [http://10.0.0.7:8080, { url: http://10.0.0.8:8080, weight: 2 }], timeouts: { connect: 1s }, tls: { insecure: true } }
  next: { endpoints: http://a }
filters: [secure-headers, { strip-prefix: 1 }]
plugins: ./my-rooms
routes:
  - id: orders
    predicates:
      - path: /orders/{id}
      - method: [GET, PUT]
      - not: { any: [{ header: X-No }, { all: [{ path: [/a, /b] }, { path: { patterns: /c, trailingSlash: false } }] }] }
    filters:
      - strip-prefix
      - strip-prefix:
      - strip-prefix: { parts: 2 }
      - rate-limit: { rate: 100/s, burst: 200, by: client }
        report: true
      - rate-limit: 1/s
      - set-request-header: { name: X-Order, value: "{id}" }
        when: request.method == "PUT"
      - shadow: next
      - shadow: [next]
    skip: secure-headers
    upstream: [{ to: orders, weight: 95 }, { to: next }, orders]
    timeout: 5s
    timeouts: { connect: 250ms }
    order: -3
    enabled: true
    allowPath: [encoded-slash, semicolon]
    metadata: { any: { thing: [1, null] } }
    tests: [{ request: GET /orders/7, expect: { route: null, status: 404, headers: { a: null } } }]
`,
  'references in place of scalars': `
version: 1
gateway:
  listen:
    port: \${PORT}
  accessLog: \${LOG:-true}
  forwarded: \${F}
  drain: \${D}s
routes:
  - id: \${ID}
    order: \${O}
    predicates:
      - path: \${P}
    timeout: \${T}
    filters:
      - strip-prefix: \${N}
      - rate-limit:
          rate: \${R}
          by: \${B}
        report: \${X}
`
}

const BAD = {
  'no version': 'routes: []',
  'another version': 'version: 2',
  'a typo at the top': 'version: 1\nrotues: []',
  'a typo in the settings': 'version: 1\ngateway: { limits: { headrs: 5 } }',
  'a duration without its unit': 'version: 1\ngateway: { drain: 20 }',
  'an upstream without endpoints': 'version: 1\nupstreams: { a: {} }',
  'an upstream with a path': 'version: 1\nupstreams: { a: { endpoints: http://a/b } }',
  'a name with a space': 'version: 1\nupstreams: { a b: { endpoints: http://a } }'
}

const ROUTE = (rest: string) => `version: 1\nroutes: [{ id: a, predicates: [{ path: /a }], ${rest} }]`

const BAD_ROUTES = {
  'a typo in a route': ROUTE('filter: []'),
  'a typo in a filter': ROUTE('filters: [{ strip-prefx: 1 }]'),
  'a typo in a bare filter': ROUTE('filters: [secure-header]'),
  'a bare filter that needs a config': ROUTE('filters: [set-request-header]'),
  'a typo in a config': ROUTE('filters: [{ rate-limit: { rate: 1/s, brust: 5 } }]'),
  'a missing key of a config': ROUTE('filters: [{ set-request-header: { name: X } }]'),
  'a value that is none of the words': ROUTE('filters: [{ rate-limit: { rate: 1/s, by: weekday } }]'),
  'a number out of range': ROUTE('filters: [{ strip-prefix: 0 }]'),
  'two filters in one item': ROUTE('filters: [{ strip-prefix: 1, secure-headers: }]'),
  'no filter in an item': ROUTE('filters: [{ report: true }]'),
  'when beside a predicate': 'version: 1\nroutes: [{ id: a, predicates: [{ path: /a, when: "true" }] }]',
  'no predicates': 'version: 1\nroutes: [{ id: a }]',
  'an empty list of predicates': 'version: 1\nroutes: [{ id: a, predicates: [] }]',
  'an empty any': 'version: 1\nroutes: [{ id: a, predicates: [{ any: [] }] }]',
  'no id': 'version: 1\nroutes: [{ predicates: [{ path: /a }] }]',
  'an allowance there is not': ROUTE('allowPath: [dots]'),
  'a test without a method': ROUTE('tests: [{ request: /a, expect: {} }]')
}

for (const [name, yaml] of Object.entries(GOOD)) {
  t.test(`takes ${name}, as the gateway does`, async t => {
    t.ok(takes(yaml))
    const env = { PORT: '80', LOG: 'true', F: 'both', D: '5', ID: 'a', O: '1', P: '/a', T: '5s', N: '1', R: '1/s', B: 'client', X: 'true' }
    t.same(await faultsOf(loadTexts({ 'routes.yaml': yaml }, { env })), [])
  })
}

for (const [name, yaml] of Object.entries({ ...BAD, ...BAD_ROUTES })) {
  t.test(`refuses ${name}, as the gateway does`, async t => {
    t.notOk(takes(yaml))
    t.not((await faultsOf(loadTexts({ 'routes.yaml': yaml }))).length, 0)
  })
}

t.test('gives an editor completion and hover text', async t => {
  const { $defs, properties } = schema as { $defs: Record<string, Record<string, unknown>>, properties: Record<string, Record<string, unknown>> }
  t.match($defs['filter'], {
    anyOf: [
      {
        properties: { 'rate-limit': { $ref: '#/$defs/filter.rate-limit' }, 'strip-prefix': { description: 'Spring Cloud Gateway: StripPrefix.' }, when: { description: /CEL/ }, report: {} },
        additionalProperties: false
      },
      { const: 'request-size' }, { const: 'retry' }, { const: 'secure-headers', title: 'secure-headers' }, { const: 'strip-prefix' }
    ]
  })
  t.match($defs['filter.rate-limit'], {
    title: 'rate-limit',
    anyOf: [
      {
        type: 'object',
        properties: {
          rate: { description: 'Requests. Expected: a rate such as 100/s or 1000/h.' },
          burst: { default: 1, anyOf: [{ type: 'integer', minimum: 1 }, { $ref: '#/$defs/reference' }] },
          by: { default: 'client', anyOf: [{ enum: ['principal', 'client', 'route'] }, {}] }
        },
        required: ['rate'],
        additionalProperties: false
      },
      { description: /a rate such as/ }
    ]
  })
  t.match(properties['gateway'], { description: /process/, properties: { drain: { default: '20s' } } })
  t.match($defs['predicate'], { anyOf: [{ properties: { any: { items: { $ref: '#/$defs/predicate' } }, not: { $ref: '#/$defs/predicate' } } }] })
})

t.test('offers predicates in the list of a filter as in that of a route', async t => {
  const picks = defineFilter({ name: 'picks', config: Config({ match: PredicateList({ description: 'Which.' }) }), shorthand: 'match', create: () => ({ request: () => {} }) })
  const made = routeFileSchema({ filters: new Map([['picks', picks]]), predicates: rooms.predicates })
  t.match(made, { $defs: { 'filter.picks': { anyOf: [{ properties: { match: { type: 'array', items: { $ref: '#/$defs/predicate' }, minItems: 1, description: 'Which. Expected: a list of predicates.' } } }, {}] } } })
  t.notMatch(JSON.stringify(made), /"x-predicates":/)
  const takesUse = (use: unknown) => compile(made)({ version: 1, routes: [{ id: 'a', predicates: [{ path: '/a' }], filters: [use] }] })
  t.ok(takesUse({ picks: [{ path: '/b' }, { any: [{ not: { header: 'X-No' } }, { method: ['GET'] }] }] }))
  t.ok(takesUse({ picks: { match: [{ path: '/b' }] } }))
  for (const match of [[], { path: '/b' }, [{ paths: '/b' }], [{ path: '/b', method: 'GET' }], [{ any: [{ method: 'get' }] }], ['secure-headers']]) t.notOk(takesUse({ picks: { match } }), JSON.stringify(match))
})

t.test('holds nothing of our own, and is the same for the same rooms', async t => {
  const text = JSON.stringify(schema)
  t.notMatch(text, /"(x-|~)[^"]*":/)
  const turned = { filters: new Map([...rooms.filters].reverse()), predicates: new Map([...rooms.predicates].reverse()) }
  t.equal(JSON.stringify(routeFileSchema(turned)), text)
})

t.test('the caller can say more of a room', async t => {
  const described = routeFileSchema(rooms, { describe: room => room.name === 'retry' ? 'Asks again.' : undefined })
  t.match(described, { $defs: { filter: { anyOf: [{ properties: { retry: { description: 'Asks again.' }, 'strip-prefix': { description: /Spring/ } } }] } } })
})

t.test('takes every example of every room there is', async t => {
  const real: readonly (Filter | Predicate)[] = [...filters, ...predicates]
  const takesReal = compile(routeFileSchema(roomsOf(filters, predicates)))
  for (const { kind, name } of real) {
    const readme = readFileSync(new URL(`../../../plugins/${kind}s/${name}/README.md`, import.meta.url), 'utf8')
    for (const [, example] of readme.matchAll(/```yaml\n([^]*?)```/g)) {
      const use = parse(example!) as unknown
      t.ok(takesReal({ version: 1, routes: [{ id: 'a', predicates: [kind === 'predicate' ? use : { path: '/a' }], filters: kind === 'filter' ? [use] : [] }] }), `${name}: ${JSON.stringify(use)}`)
    }
  }
})
