/* eslint no-template-curly-in-string: off -- references are what this is about */
import t from 'tap'
import type { LoadedConfig, LoadOptions } from '../../../../src/config/load-config.ts'
import { compileFaults, faultsOf, loadTexts, plain } from '../load.ts'

const NATIVE = 'version: 1\nupstreams: { orders: { endpoints: http://o }, SVC: { endpoints: http://s } }'

/** Loads a Spring file beside a native one that has the upstreams. */
const load = (text: string, options?: Partial<LoadOptions>): Promise<LoadedConfig> => loadTexts({ 'application.yml': text, 'upstreams.yaml': NATIVE }, options)

/** What is told of the Spring file. */
const told = ({ warnings }: LoadedConfig): string[] => warnings.map(({ message }) => message).filter(message => message.startsWith('application.yml'))

/** Loads one route of Spring's. */
async function route (yaml: string, options?: Partial<LoadOptions>): Promise<LoadedConfig['config']['routes'][number]> {
  const indented = yaml.trim().split('\n').map(line => `          ${line}`).join('\n').trimStart()
  const loaded = await load(`spring:\n  cloud:\n    gateway:\n      routes:\n        - ${indented}\n`, options)
  t.same(compileFaults(loaded), [])
  return loaded.config.routes[0]!
}

const filter = async (yaml: string, options?: Partial<LoadOptions>) => plain((await route(`id: a\nuri: http://a\npredicates: [Path=/a]\nfilters:\n  - ${yaml}`, options)).filters)
  .map(use => [(use as { name: string }).name, (use as { config: unknown }).config])[0]

t.test('a route becomes a native one', async t => {
  t.match(await route(`
id: orders
uri: http://orders:8080
order: 5
predicates:
  - Path=/orders/{id}, /o/**
  - Method=GET,PUT
  - Header=X-Request-Id, \\d+
filters:
  - StripPrefix=1
  - SetRequestHeader=X-Order, {id}
metadata:
  connect-timeout: 200
  response-timeout: 5000
  team: sales`), {
    id: 'orders',
    order: 5,
    predicates: [
      { kind: 'use', use: { name: 'path', config: ['/orders/{id}', '/o/**'], origin: { file: 'application.yml', pointer: '/routes/0/predicates/0' } } },
      { use: { name: 'method', config: ['GET', 'PUT'] } },
      { use: { name: 'header', config: { name: 'X-Request-Id', matches: '\\d+' } } }
    ],
    filters: [{ name: 'strip-prefix', config: 1 }, { name: 'set-request-header', config: { name: 'X-Order', value: '{id}' } }],
    targets: [{ to: 'http://orders:8080', weight: 1 }],
    timeouts: { connect: 200, head: 5000 },
    metadata: { team: 'sales' }
  })
})

t.test('arguments may be positional or by name, in any of Spring\'s spellings', async t => {
  const path = async (yaml: string) => (await route(`id: a\nuri: http://a\npredicates:\n  - ${yaml}`)).predicates.map(node => node.kind === 'use' && node.use.config)[0]
  t.same(await path('Path=/a'), '/a')
  t.same(await path('Path=/a,/b'), ['/a', '/b'])
  t.same(await path('{ name: Path, args: { patterns: /a } }'), '/a')
  t.same(await path('{ name: Path, args: { patterns: "/a,/b" } }'), ['/a', '/b'])
  t.same(await path('{ name: Path, args: { patterns: [/a, /b], match-trailing-slash: false } }'), { patterns: ['/a', '/b'], trailingSlash: false })
  t.same(await path('{ name: Path, args: { patterns.0: /a, patterns.1: /b, matchTrailingSlash: true } }'), { patterns: ['/a', '/b'], trailingSlash: true })
  t.same(await path('{ name: Path, args: { "patterns[0]": /a, "patterns[1]": /b } }'), ['/a', '/b'])
  t.same(await path('{ name: Path, args: { _genkey_0: /a, _genkey_1: /b } }'), ['/a', '/b'])
  t.same(await filter('{ name: StripPrefix, args: { parts: 2 } }'), ['strip-prefix', 2])
  t.same(await filter('{ name: StripPrefix, args: { _genkey_0: 2 } }'), ['strip-prefix', 2])
  t.same(await filter('StripPrefix'), ['strip-prefix', null])
  t.same(await filter('name: StripPrefix'), ['strip-prefix', null])
  t.same(await filter('{ name: StripPrefix, args: }'), ['strip-prefix', null])
  t.same(await filter('SecureHeaders'), ['secure-headers', null])
  t.same(await filter('Retry=3, BAD, GET, 10ms').catch((error: Error) => error.message.slice(0, 15)), 'application.yml', 'which takes a status that is a number')
  t.same(await filter('{ name: Retry, args: { retries: 3, statuses: [502, 503], backoff: { first-backoff: 10ms } } }').catch((error: Error) => error.message), ['retry', { attempts: 4, statuses: [502, 503], backoff: { first: '10ms' } }])
})

t.test('a text in place of a list is parted at its commas, as Spring has it', async t => {
  const { predicates, filters } = await route('id: a\nuri: http://a\npredicates: Path=/a\nfilters: StripPrefix=1,SecureHeaders')
  t.match(predicates, [{ use: { name: 'path', config: '/a' } }])
  t.same(plain(filters).map(use => (use as { name: string }).name), ['strip-prefix', 'secure-headers'])
})

t.test('a replacement with $\\{name} stays as it is', async t => {
  t.same(await filter('RewritePath=/red/(?<segment>.*), /$\\{segment}'), ['rewrite-path', { regexp: '/red/(?<segment>.*)', replacement: '/$\\{segment}' }])
})

t.test('where a route goes is an origin, a service or nowhere', async t => {
  const target = async (uri: string, env = {}) => (await route(`id: a\nuri: ${uri}\npredicates: [Path=/a]`, { env })).targets[0]?.to
  t.equal(await target('https://Orders.example:8443/'), 'https://orders.example:8443')
  t.equal(await target('ws://orders:80'), 'http://orders')
  t.equal(await target('wss://orders'), 'https://orders')
  t.equal(await target('lb://orders'), 'orders')
  t.equal(await target('lb:ws://SVC'), 'SVC')
  t.equal(await target('lb://${NAME:orders}'), 'orders')
  t.equal(await target('${URI:http://a:1}'), 'http://a:1')
  t.equal(await target('${URI:http://a:1}', { URI: 'https://b' }), 'https://b')
  t.equal(await target('no://op'), undefined)
})

t.test('what Spring leaves unused of a uri is told and left unused', async t => {
  const loaded = await load('spring.cloud.gateway.routes: [{ id: a, uri: "http://me:pw@a:1/api?x=1", predicates: [Path=/a] }]')
  t.equal(loaded.config.routes[0]!.targets[0]!.to, 'http://a:1')
  t.match(told(loaded), [/^application.yml:1:45 spring.cloud.gateway.routes\[0\].uri: of this URI Spring uses scheme, host and port alone/])
})

t.test('default-filters come before the filters of each route', async t => {
  const { config: { routes } } = await load(`
spring.cloud.gateway:
  default-filters: [SecureHeaders, StripPrefix=1]
  routes:
    - { id: a, uri: http://a, predicates: [Path=/a], filters: [StripPrefix=2] }
    - { id: b, uri: http://b, predicates: [Path=/b] }`)
  t.same(routes.map(({ filters }) => filters.map(({ name, config }) => [name, config])), [
    [['secure-headers', null], ['strip-prefix', 1], ['strip-prefix', 2]], [['secure-headers', null], ['strip-prefix', 1]]
  ])
})

t.test('both places of the properties and all their spellings are read', async t => {
  const routes = '{ id: a, uri: http://a, predicates: [Path=/a] }'
  for (const text of [
    `spring: { cloud: { gateway: { routes: [${routes}], httpclient: { connect-timeout: 100 } } } }`,
    `spring: { cloud: { gateway: { server: { webflux: { routes: [${routes}], httpclient: { connectTimeout: 100 } } } } } }`,
    `spring.cloud.gateway.server.webflux:\n  routes: [${routes}]\n  httpClient.connect_timeout: 100ms`,
    `spring.cloud:\n  gateway.server.webflux.routes: [${routes}]\n  gateway:\n    server.webflux: { httpclient: { connect-timeout: 100 } }`,
    `spring.cloud.gateway.httpclient.connect-timeout: 100\nspring:\n  cloud:\n    gateway:\n      server.webflux.routes: [${routes}]`
  ]) {
    const { config } = await load(text)
    t.match(config.routes, [{ id: 'a', timeouts: { connect: 100 } }], text)
  }
})

t.test('timeouts of all routes give way to those of a route', async t => {
  const loaded = await load(`
spring:
  cloud:
    gateway:
      httpclient: { connect-timeout: 1000, response-timeout: PT1M2.5S }
      routes:
        - { id: a, uri: http://a, predicates: [Path=/a] }
        - { id: b, uri: http://b, predicates: [Path=/b], metadata: { response-timeout: "\${T:7}", connectTimeout: 2s } }
        - { id: c, uri: http://c, predicates: [Path=/c], metadata: { response-timeout: -1 } }`)
  t.same(loaded.config.routes.map(({ timeouts }) => timeouts), [{ connect: 1000, head: 62_500 }, { connect: 2000, head: 7 }, { connect: 1000, head: 86_400_000 }])
  t.match(told(loaded), [/^application.yml:9:88 .* without a limit/])
})

t.test('an id is made up where there is none, and made sound where it is not', async t => {
  const loaded = await load('spring.cloud.gateway.routes: [{ uri: http://a, predicates: [Path=/a] }, { id: orders/v1 (old), uri: http://b, predicates: [Path=/b] }, { id: 5, uri: http://c, predicates: [Path=/c] }]')
  t.same(loaded.config.routes.map(({ id }) => id), ['route-1', 'orders-v1-old-', '5'])
  t.match(told(loaded), [/named "route-1"/, /named "orders-v1-old-"/])
})

t.test('CORS for all paths is a filter of every route, one of a route takes its place', async t => {
  const { config: { routes } } = await load(`
spring:
  cloud:
    gateway:
      globalcors:
        add-to-simple-url-handler-mapping: true
        cors-configurations:
          '[/**]': { allowedOrigins: "https://a.example" }
      default-filters: [SecureHeaders]
      routes:
        - { id: a, uri: http://a, predicates: [Path=/a] }
        - { id: b, uri: http://b, predicates: [Path=/b], metadata: { cors: { allowed-origins: ["https://b.example", "https://c.example"], allowCredentials: true } }, filters: [StripPrefix=1] }`)
  t.same(routes.map(({ filters }) => filters.map(({ name, config }) => [name, config])), [
    [['cross-origin', { origins: 'https://a.example', credentials: false }], ['secure-headers', null]],
    [['secure-headers', null], ['cross-origin', { origins: ['https://b.example', 'https://c.example'], credentials: true }], ['strip-prefix', 1]]
  ])
  t.same(routes[1]!.metadata, {})
  t.match(await faultsOf(load('spring.cloud.gateway.globalcors.cors-configurations: { "[/**]": { allowedOrigins: "*" } }', { rooms: { filters: new Map(), predicates: new Map() } })),
    [/has no equivalent: there is no filter for it \[GW_CONFIG_NO_EQUIVALENT\]/])
})

t.test('settings of the process are taken over where they can be said', async t => {
  const settings = async (yaml: string, env = {}) => (await load(`spring.application.name: x\n${yaml}`, { env })).config.settings
  t.match(await settings('server.port: 8081'), { listen: [{ port: 8081, host: '0.0.0.0' }] })
  t.match(await settings('server: { port: "${PORT:9000}", address: 127.0.0.1 }', {}).catch((error: Error) => error.message), /listen\/0\/port: expected a port/, 'text stays text')
  t.match(await settings('server:\n  port: ${PORT:9000}\n  address: 127.0.0.1'), { listen: [{ port: 9000, host: '127.0.0.1' }] })
  t.match(await settings('server.address: 127.0.0.1'), { listen: [{ port: 8080, host: '127.0.0.1' }] })
  const forwarded = async (x: string, standard: string) => (await settings(`spring.cloud.gateway: { ${x} ${standard} }`)).forwarded
  t.equal(await forwarded('', ''), 'x-forwarded')
  t.equal(await forwarded('x-forwarded.enabled: false,', ''), 'forwarded')
  t.equal(await forwarded('', 'forwarded.enabled: false'), 'x-forwarded')
  t.equal(await forwarded('xForwarded.enabled: false,', 'forwarded.enabled: false'), 'none')
  t.equal(await forwarded('x-forwarded: { enabled: true, for-append: true, port-enabled: true },', 'forwarded.enabled: true'), 'both')
})

t.test('the gateway section of a native file comes before Spring\'s', async t => {
  const { config: { settings }, warnings } = await loadTexts({
    'application.yml': 'server.port: 1\nspring.cloud.gateway.forwarded.enabled: false',
    'gateway.yaml': 'version: 1\ngateway: { listen: [{ port: 2 }] }'
  })
  t.match(settings, { listen: [{ port: 2 }], forwarded: 'x-forwarded' })
  t.match(warnings.map(({ message }) => message), [/^application.yml:1:14 gateway\/listen: gateway.listen of the native file counts/])
})

t.test('what does not belong to the gateway is told and not read', async t => {
  const loaded = await load(`
server: { port: 8080, ssl.enabled: true }
management.endpoints.web: { exposure.include: "*" }
logging: { level: { org.springframework.cloud.gateway: TRACE } }
spring:
  application.name: app
  config.import: optional:consul
  profiles.active: \${PROFILE}
  data.redis.password: \${REDIS_PASSWORD}
  cloud:
    loadbalancer: { enabled: true }
    gateway:
      enabled: true
      fail-on-route-definition-error: true
      discovery.locator: { enabled: false, lowerCaseServiceId: true }
      metrics.enabled: true
      streaming-media-types: [text/event-stream]
      filter.request-size.enabled: true
      httpclient.wiretap: false
      routes: []
`)
  t.same(told(loaded).map(message => message.split(': ')[0]), [
    'application.yml:7:3 spring.config', 'application.yml:8:3 spring.profiles', 'application.yml:2:23 server.ssl', 'application.yml:11:5 spring.cloud.loadbalancer',
    'application.yml:6:3 spring.application', 'application.yml:9:3 spring.data', 'application.yml:3:1 management', 'application.yml:4:1 logging'
  ])
})

t.test('services that the file lists are upstreams', async t => {
  const { config } = await loadTexts({
    'application.yml': `
spring:
  cloud:
    discovery.client.simple.instances:
      orders: [{ uri: "http://10.0.0.1:8080" }, { host: 10.0.0.2, port: 8443, secure: true, instanceId: x }]
    gateway.routes: [{ id: a, uri: lb://orders, predicates: [Path=/a] }]`
  })
  t.match(config.upstreams.get('orders')?.config.endpoints, ['http://10.0.0.1:8080', 'https://10.0.0.2:8443'])
})

t.test('later documents of a Spring file count before earlier ones', async t => {
  const { config } = await load(`
spring.cloud.gateway:
  httpclient: { connect-timeout: 1, response-timeout: 2 }
  routes: [{ id: a, uri: http://a, predicates: [Path=/a] }]
---
spring.cloud.gateway:
  httpclient: { response-timeout: 3 }
`)
  t.match(config.routes, [{ id: 'a', timeouts: { connect: 1, head: 3 } }])
})

t.test('faults of the compiler are placed in the Spring file', async t => {
  const loaded = await load(`spring.cloud.gateway.routes:
  - id: a
    uri: http://a
    predicates:
      - Path=a
      - name: Header
        args: { header: X, regexp: "(" }
    filters:
      - StripPrefix=0`)
  t.match(compileFaults(loaded).map(fault => fault.message), [
    'application.yml:5:9 routes/a/predicates/0/path: expected a path pattern such as /orders/{id}, not Path=a [GW_CONFIG_INVALID]',
    /^application.yml:6:9 routes\/a\/predicates\/1\/header\/matches: not a regular expression/,
    'application.yml:9:9 routes/a/filters/0/strip-prefix: expected a whole number of at least 1, not StripPrefix=0 [GW_CONFIG_INVALID]'
  ])
})

t.test('keepGoing leaves out routes that have no equivalent', async t => {
  const { config, broken } = await load('spring.cloud.gateway.routes: [{ id: a, uri: http://a, predicates: [Nope=1] }, { id: b, uri: http://b, predicates: [Path=/b] }]', { keepGoing: true })
  t.same(config.routes.map(({ id }) => id), ['b'])
  t.match(broken, [{ id: 'a', errors: [{ code: 'GW_CONFIG_NO_EQUIVALENT' }] }])
})
