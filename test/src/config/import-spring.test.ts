import t from 'tap'
import { importSpring } from '../../../src/config/import-spring.ts'
import type { LoadOptions } from '../../../src/config/load-config.ts'
import { rooms } from './fake-rooms.ts'
import { comparable, loadTexts } from './load.ts'

const SPRING = `
server.port: \${PORT:8081}
app.base: http://base:9000
spring:
  application.name: shop
  cloud:
    gateway:
      httpclient.connect-timeout: \${CONNECT:250}
      httpclient.response-timeout: 5s
      forwarded.enabled: false
      globalcors.cors-configurations: { "[/**]": { allowedOrigins: "*" } }
      default-filters: [SecureHeaders]
      routes:
        - id: orders
          uri: lb://orders
          order: \${ORDER:3}
          predicates:
            - Path=/orders/{id},/o/**
            - Method=GET
            - name: Header
              args: { header: X-Id, regexp: '\\d+' }
          filters:
            - StripPrefix=\${PARTS:2}
            - SetRequestHeader=X-Token, \${TOKEN:none}
            - 'SetRequestHeader=X-Number, \${NUMBER:5}'
            - RewritePath=/red/(?<segment>.*), /$\\{segment}
            - name: SetRequestHeader
              args: { name: X-Literal, value: '\\\${NOT_ONE} and a very long text that does not fit on one line with the rest of it' }
            - name: Retry
              args: { retries: "\${RETRIES:2}", statuses: 502, backoff.firstBackoff: 10ms }
          metadata: { team: sales, response-timeout: -1, "a.b": [1, two] }
        - id: base
          uri: \${app.base}
          enabled: \${BASE_ON:true}
          predicates: [Path=/base]
          metadata: { cors: { allowedOrigins: https://a.example, allowCredentials: true } }
        - id: "on the side"
          uri: \${SIDE:ws://side:1}
          predicates: [Path=/side]
        - uri: no://op
          predicates: [Path=/none]
          filters: [StripPrefix=1]
`
const NATIVE = 'version: 1\nupstreams: { orders: { endpoints: http://o } }'

const read = (text: string, options: Partial<LoadOptions> = {}) =>
  importSpring('application.yml', { env: {}, rooms, readFile: async () => new TextEncoder().encode(text), ...options })

t.test('a Spring file becomes a native one that reads well', async t => {
  const { yaml, warnings } = await read(SPRING)
  t.equal(yaml, `# yaml-language-server: $schema=./schema/routes.schema.json
# Made from application.yml by \`gatehouse import\`.

version: 1
gateway:
  listen:
    - port: \${PORT:-8081}
  forwarded: x-forwarded
# These act before the filters of each route; Spring sorts the two lists into each other by position.
filters:
  - cross-origin: { origins: "*", credentials: false }
  - secure-headers
# Say where these services are:
# upstreams:
#   orders: { endpoints: [http://orders:8080] }
routes:
  - id: orders
    order: \${ORDER:-3}
    predicates:
      - path: [ "/orders/{id}", /o/** ]
      - method: GET
      - header: { name: X-Id, matches: \\d+ }
    filters:
      - strip-prefix: \${PARTS:-2}
      - set-request-header: { name: X-Token, value: "\${TOKEN:-none}" }
      - set-request-header: { name: X-Number, value: "\${NUMBER:-5}" }
      - rewrite-path: { regexp: /red/(?<segment>.*), replacement: "/$\\\\{segment}" }
      - set-request-header:
          name: X-Literal
          value: "$\${NOT_ONE} and a very long text that does not fit on one line with the rest of it"
      - retry:
          attempts: 3 # the value a reference had when this was imported
          statuses: 502
          backoff: { first: 10ms }
    upstream: orders
    timeouts: { connect: "\${CONNECT:-250}ms", head: 1d }
    metadata: { team: sales, a.b: [ 1, two ] }
  - id: base
    enabled: \${BASE_ON:-true}
    predicates:
      - path: /base
    filters:
      - cross-origin: { origins: https://a.example, credentials: true }
    skip: [ cross-origin ]
    upstream: http://base:9000
    timeouts: { connect: "\${CONNECT:-250}ms", head: 5s }
  - id: on-the-side # letters, digits and . _ : -
    predicates:
      - path: /side
    upstream: http://side:1 # the value a reference had when this was imported
    timeouts: { connect: "\${CONNECT:-250}ms", head: 5s }
  - id: route-4 # Spring makes one up
    predicates:
      - path: /none
    filters:
      - strip-prefix: 1
    timeouts: { connect: "\${CONNECT:-250}ms", head: 5s }
`)
  t.same(warnings.map(({ message }) => message.replace(/: .*/, '')), [
    'application.yml:31:54 spring.cloud.gateway.routes[0].metadata.response-timeout',
    'application.yml:37:15 spring.cloud.gateway.routes[2].id',
    'application.yml:40:11 spring.cloud.gateway.routes[3].id',
    'application.yml:5:3 spring.application',
    'application.yml:3:1 app',
    'application.yml:15:16 routes/orders/upstream'
  ])
})

t.test('the native file loads as the same configuration, in any environment', async t => {
  const { yaml } = await read(SPRING)
  for (const env of [{}, { PORT: '1234', ORDER: '9', TOKEN: '12', NUMBER: '7', PARTS: '4', CONNECT: '9', BASE_ON: 'false' }]) {
    const before = await loadTexts({ 'application.yml': SPRING, 'upstreams.yaml': NATIVE }, { env })
    const after = await loadTexts({ 'routes.yaml': yaml, 'upstreams.yaml': NATIVE }, { env })
    t.same(comparable(after), comparable(before))
  }
})

t.test('references without a value stay references', async t => {
  const { yaml } = await read(`
spring.cloud.gateway:
  httpclient.connect-timeout: \${CONNECT}
  routes:
    - id: \${ID}
      uri: \${URI}
      predicates: ["Path=/\${base-path}/**"]
      filters: ["StripPrefix=\${PARTS:1}", "SetRequestHeader=X, \${API_TOKEN}", "RequestSize=\${SIZE:5MB}"]
    - { id: b, uri: "lb://\${SVC}", predicates: [Path=/b] }`, { env: { API_TOKEN: 'sesame-open' } })
  t.match(yaml, /id: "\$\{ID\}"/)
  t.match(yaml, /upstream: "?\$\{URI\}"?\n/)
  t.match(yaml, /upstream: "?\$\{SVC\}"?\n/)
  t.match(yaml, /- path: "\/\$\{BASEPATH\}\/\*\*"/)
  t.match(yaml, /connect: "?\$\{CONNECT\}"?/)
  t.match(yaml, /value: "\$\{API_TOKEN\}"/)
  t.match(yaml, /request-size: { maxSize: "\$\{SIZE:-5MB\}" }/)
  t.notMatch(yaml, /sesame/)
})

t.test('what has no equivalent is told, all of it, and nothing is made', async t => {
  await t.rejects(read('spring.cloud.gateway.routes: [{ id: a, uri: forward:/x, predicates: [Path=/a] }, { id: b, uri: http://b, predicates: [Path=/b], filters: [Nope] }]'), {
    errors: [{ code: 'GW_CONFIG_NO_EQUIVALENT', place: 'application.yml:1:45' }, { code: 'GW_CONFIG_NO_EQUIVALENT', place: 'application.yml:1:139' }]
  })
  await t.rejects(read('version: 1'), { errors: [{ code: 'GW_CONFIG_INVALID', detail: /nothing to import/ }] })
  await t.rejects(read('spring: ['), { errors: [{ code: 'GW_CONFIG_SYNTAX' }] })
})
