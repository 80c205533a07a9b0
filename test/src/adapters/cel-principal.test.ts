import t from 'tap'
import { celExpressions } from '../../../src/adapters/cel-expressions.ts'
import { principal, type Principal } from '../../../src/contract/index.ts'
import { exchange } from '../../../src/testing/index.ts'

const { condition, text } = celExpressions
const FAILED = { name: 'GatewayError', code: 'GW_EXPRESSION_FAILED' }

const ada: Principal = principal({
  subject: 'ada',
  issuer: 'https://issuer.test',
  client: 'shop',
  tenant: 'acme',
  source: 'jwt',
  level: 3,
  scopes: ['orders.read', 'orders.write'],
  roles: ['buyer'],
  token: 'secret',
  claims: JSON.parse(`{"age":41,"ratio":0.5,"exp":1772323200,"debt":-7,"verified":true,"none":null,"email":"ada@example.com","groups":["a",1,{"b":[2]}],
    "realm_access":{"roles":["admin","user"]},"https://example.com/plan":"gold","constructor":"c","__proto__":{"admin":true}}`) as Record<string, unknown>
})

function holds (source: string, who: Principal | null = ada, metadata?: Record<string, unknown>): boolean {
  const x = exchange(who === null ? {} : { principal: who })
  if (metadata) x.route = { id: 'orders', metadata }
  return condition(source).evaluate(x)
}

t.test('knows who is calling', async t => {
  for (const source of [
    'principal.authenticated', 'principal.subject == "ada"', 'principal.issuer == "https://issuer.test"', 'principal.client == "shop"', 'principal.tenant == "acme"', 'principal.source == "jwt"',
    'principal.level == 3 && principal.level + 1 > 3', '"orders.read" in principal.scopes', 'principal.roles == ["buyer"]', 'size(principal.scopes) == 2',
    'principal.hasScope("orders.write") && !principal.hasScope("orders")', 'principal.hasRole("buyer") && !principal.hasRole("Buyer")',
    'principal.subject == request.headers["x"] || request.method == "GET"'
  ]) t.equal(holds(source), true, source)
})

t.test('knows nobody by empty values', async t => {
  for (const source of [
    '!principal.authenticated', 'principal.subject == "" && principal.issuer == "" && principal.client == "" && principal.tenant == "" && principal.source == ""', 'principal.level == 0',
    'principal.scopes == [] && principal.roles == []', 'size(principal.claims) == 0', '!principal.hasScope("") && !principal.hasRole("")', 'principal.claim("email") == null'
  ]) t.equal(holds(source, null), true, source)
})

t.test('knows a caller without issuer, client and tenant', async t => {
  const key = principal({ subject: 'cron', source: 'api-key', level: 1 })
  t.equal(holds('principal.authenticated && principal.issuer + principal.client + principal.tenant == "" && principal.source == "api-key" && principal.level == 1', key), true)
})

t.test('reads claims as they came, whole numbers as ints', async t => {
  for (const source of [
    'principal.claims.age == 41 && principal.claims.age >= 18 && principal.claims.age > 40.5 && principal.claims.age % 2 == 1', 'principal.claims.ratio * 2.0 == 1.0 && principal.claims.ratio < 1',
    'timestamp(principal.claims.exp) == timestamp("2026-03-01T00:00:00Z")', 'principal.claims.debt == -7', 'principal.claims.verified', 'principal.claims.none == null',
    'principal.claims["https://example.com/plan"] == "gold"', 'principal.claims.email.endsWith("@example.com")', '"admin" in principal.claims.realm_access.roles',
    'principal.claims.groups.exists(group, group == "a") && 1 in principal.claims.groups && principal.claims.groups[2].b[0] == 2', '"age" in principal.claims && has(principal.claims.age)',
    'principal.claim("age") == 41 && principal.claim("realm_access").roles[0] == "admin"', '["a", "b"][principal.claims.age - 40] == "b"'
  ]) t.equal(holds(source), true, source)
  t.equal(text('principal.claims.realm_access').evaluate(exchange({ principal: ada })), '{"roles":["admin","user"]}')
})

t.test('takes names that mean something to JavaScript for names', async t => {
  t.equal(holds('principal.claims.constructor == "c" && principal.claims["__proto__"].admin && size(principal.claims) == 12'), true)
  for (const source of ['has(principal.claims.toString)', '"hasOwnProperty" in principal.claims', 'has(principal.claims.realm_access.constructor)', 'principal.claim("toString") != null']) {
    t.equal(holds(source), false, source)
  }
  t.equal(({} as { admin?: boolean }).admin, undefined)
})

t.test('an absent claim never makes a condition hold', async t => {
  for (const source of ['principal.claim("absent") == "x"', 'principal.claim("absent") in ["x"]', 'has(principal.claims.absent)', '"absent" in principal.claims']) t.equal(holds(source), false, source)
  for (const source of ['principal.claim("absent") > 3', 'principal.claim("absent").roles == ["x"]', '"x" in principal.claim("absent")', 'principal.claims.realm_access.absent == "x"']) {
    t.throws(() => holds(source), FAILED, source)
  }
})

t.test('what is absent is null, however it is asked for, and equals nothing else', async t => {
  const metadata = { owner: 'team' }
  for (const source of [
    'principal.claims["absent"] == null', 'principal.claims.absent == null', '(principal).claims["absent"] == null', 'principal . claims [ "absent" ] == null',
    'principal.claims["absent"] != "x"', 'principal.claims[request.method] == null', 'route.metadata.absent == null', 'route.metadata["absent"] == null', 'route.metadata[principal.subject] == null',
    'principal.claims["email"] == "ada@example.com" && route.metadata["owner"] == "team"', '!(principal.claims["absent"] in ["x", ""])'
  ]) t.equal(holds(source, ada, metadata), true, source)
  for (const source of [
    'principal.claims["absent"] == "x"', 'principal.claims.absent == ""', 'principal.claims["absent"] == route.metadata.owner', 'principal.claims["absent"] == 0', 'principal.claims["absent"] == false',
    'route.metadata.absent == "x"', 'route.metadata["absent"] == principal.subject', 'has(route.metadata.absent)', '"absent" in route.metadata'
  ]) t.equal(holds(source, ada, metadata), false, source)
  for (const source of ['principal.claims["absent"] == "x"', 'principal.claims.email == ""', 'route.metadata.absent == "x"']) t.equal(holds(source, null, metadata), false, `nobody: ${source}`)
  for (const source of ['principal.claims["absent"] > 3', 'principal.claims["absent"].roles == []', 'route.metadata.absent + "x" == "x"', 'principal.claims.absent']) t.throws(() => holds(source, ada, metadata), FAILED, source)
})

t.test('does not tell the credential, nor anything but the fields it names', async t => {
  for (const source of ['principal.token == ""', 'principal.confirmation == null', 'principal.expiresAt > 0', 'principal.hasScope(1)', 'principal.level == "3"', 'principal == principal', 'principal.constructor == ""']) {
    t.throws(() => condition(source, '/allow'), { code: 'GW_CONFIG_EXPRESSION', pointer: '/allow' }, source)
  }
  t.throws(() => text('principal', '/key'), { code: 'GW_CONFIG_EXPRESSION', pointer: '/key', detail: /Principal has no text/ })
  t.throws(() => text('dyn(principal)').evaluate(exchange({ principal: ada })), FAILED)
})

t.test('is a GatewayError for claims that are nested beyond all measure', async t => {
  const deep = principal({ subject: 'a', source: 'jwt', level: 2, claims: { deep: JSON.parse('['.repeat(100_000) + ']'.repeat(100_000)) as unknown } })
  t.throws(() => holds('has(principal.claims.deep)', deep), FAILED)
  t.throws(() => holds('has(principal.claims.deep)', deep), FAILED, 'once more')
  t.equal(holds('principal.subject == "a"', deep), true, 'what is not asked about is not looked at')
})

t.test('fails on a claim of a kind that no token can have', async t => {
  t.throws(() => holds('principal.claims.at == "x"', principal({ subject: 'a', source: 'jwt', level: 2, claims: { at: new URL('http://a') } })), FAILED)
  t.equal(holds('principal.claims.at == null && principal.claims.plain.a == 1',
    principal({ subject: 'a', source: 'jwt', level: 2, claims: { at: undefined, plain: Object.assign(Object.create(null) as object, { a: 1 }) } })), true)
})

t.test('does not take one principal for another', async t => {
  const allow = condition('principal.claims.email == "ada@example.com"')
  const eve = principal({ subject: 'eve', source: 'jwt', level: 2, claims: { email: 'eve@example.com' } })
  for (const [who, expected] of [[ada, true], [eve, false], [ada, true]] as const) t.equal(allow.evaluate(exchange({ principal: who })), expected)
})

t.test('reads the metadata of the route', async t => {
  const metadata = { owner: 'team', level: 3, nested: { list: [1, { a: 'b' }] } }
  for (const source of [
    'route.metadata.owner == "team"', 'route.metadata["level"] == principal.level', 'route.metadata.nested.list[1].a == "b"', 'has(route.metadata.owner) && !has(route.metadata.none)',
    'route.entry("none") == null && route.entry("level") + 1 == 4'
  ]) for (let i = 0; i < 2; i++) t.equal(holds(source, ada, metadata), true, source)
  t.equal(holds('size(route.metadata) == 0 && route.entry("owner") == null'), true, 'none before the route is known')
  t.equal(holds('route.metadata.owner == "other"', ada, { owner: 'other' }), true, 'that of its own route')
})
