import t from 'tap'
import authorize from '../../../plugins/filters/authorize/index.ts'
import { principal, type Principal } from '../../../src/contract/index.ts'
import { mount, type MountedFilter, type TestRequest } from '../../../src/testing/index.ts'

const someone = (known: Partial<Principal> = {}): Principal => principal({ subject: 'ada', source: 'jwt', level: 2, ...known })

async function answer (config: unknown, who: Partial<Principal> | null, request: TestRequest = {}) {
  return await ask(mount(authorize, config), who, request)
}

async function ask ({ call }: MountedFilter, who: Partial<Principal> | null, request: TestRequest = {}) {
  const { reply, x } = await call(who === null ? request : { ...request, principal: someone(who) })
  return { code: reply.code, reason: x.reason, challenge: reply.headers.first('www-authenticate') }
}

const PASSED = { code: null, reason: null, challenge: undefined }
const MISSING = { code: 'GW_UNAUTHENTICATED', reason: 'missing', challenge: 'Bearer' }
const forbidden = (reason: string) => ({ code: 'GW_FORBIDDEN', reason, challenge: undefined })
const insufficient = (scope: string) => ({ code: 'GW_INSUFFICIENT_SCOPE', reason: 'scope', challenge: `Bearer error="insufficient_scope", scope="${scope}"` })

t.test('refuses a request of nobody, whatever is asked', async t => {
  for (const config of ['a', { anyScope: 'a' }, { roles: 'r' }, { allRoles: 'r' }, { claims: { a: 1 } }, { level: 1 }, { allow: 'true' }, { allow: 'true', anonymous: false }, { allow: '!principal.authenticated' }]) {
    t.same(await answer(config, null), MISSING, JSON.stringify(config))
  }
})

t.test('asks for every scope', async t => {
  const room = mount(authorize, ['a', 'b:c'])
  t.same(await ask(room, { scopes: ['b:c', 'x', 'a'] }), PASSED)
  for (const scopes of [[], ['a'], ['b:c'], ['A', 'b:c'], ['a b:c'], ['a', 'b']]) t.same(await ask(room, { scopes }), insufficient('a b:c'), scopes.join())
})

t.test('asks for one scope of several', async t => {
  const room = mount(authorize, { anyScope: ['read', 'admin'] })
  for (const scopes of [['read'], ['x', 'admin']]) t.same(await ask(room, { scopes }), PASSED)
  t.same(await ask(room, { scopes: ['write'] }), insufficient('read'))
  const both = mount(authorize, { scopes: ['api'], anyScope: ['read', 'admin'] })
  t.same(await ask(both, { scopes: ['api', 'admin'] }), PASSED)
  t.same(await ask(both, { scopes: ['api'] }), insufficient('api read'))
  t.same(await ask(both, { scopes: ['read'] }), insufficient('api read'))
})

t.test('asks for one role, or for every role', async t => {
  t.same(await answer({ roles: ['clerk', 'manager'] }, { roles: ['manager'] }), PASSED)
  t.same(await answer({ roles: ['clerk', 'manager'] }, { roles: ['Clerk'] }), forbidden('role'))
  t.same(await answer({ allRoles: ['clerk', 'manager'] }, { roles: ['manager', 'clerk'] }), PASSED)
  t.same(await answer({ allRoles: ['clerk', 'manager'] }, { roles: ['manager'] }), forbidden('role'))
  t.same(await answer({ roles: 'a' }, { roles: [] }), forbidden('role'))
})

for (const [claims, given, passes] of [
  [{ plan: 'gold' }, { plan: 'gold' }, true],
  [{ plan: ['gold', 'silver'] }, { plan: 'silver' }, true],
  [{ plan: ['gold', 'silver'] }, { plan: 'Gold' }, false],
  [{ plan: 'gold' }, { plan: ['free', 'gold'] }, true],
  [{ plan: 'gold' }, { plan: ['free'] }, false],
  [{ plan: 'gold' }, { plan: [] }, false],
  [{ plan: 'gold' }, { plan: [['gold']] }, false],
  [{ plan: 'gold' }, { plan: { gold: true } }, false],
  [{ plan: 'gold' }, {}, false],
  [{ plan: 'null' }, { plan: null }, false],
  [{ plan: 'undefined' }, {}, false],
  [{ verified: true }, { verified: true }, true],
  [{ verified: true }, { verified: 'true' }, false],
  [{ age: [18, 19] }, { age: 19 }, true],
  [{ age: 18 }, { age: '18' }, false],
  [{ age: '18' }, { age: 18 }, false],
  [{ 'realm_access.roles': 'admin' }, { realm_access: { roles: ['user', 'admin'] } }, true],
  [{ 'realm_access.roles': 'admin' }, { realm_access: { roles: ['user'] } }, false],
  [{ 'realm_access.roles': 'admin' }, { realm_access: 'admin' }, false],
  [{ 'realm_access.roles': 'admin' }, { realm_access: null }, false],
  [{ 'realm_access.roles': 'admin' }, { realm_access: [{ roles: ['admin'] }] }, false],
  [{ 'list.length': 1 }, { list: ['a'] }, false],
  [{ 'https://example.com/plan': 'gold' }, { 'https://example.com/plan': 'gold' }, true],
  [{ 'a.b': 'exact' }, { 'a.b': 'exact', a: { b: 'inner' } }, true],
  [{ 'a.b': 'inner' }, { 'a.b': 'exact', a: { b: 'inner' } }, false],
  [{ constructor: 'x' }, {}, false],
  [{ 'a.constructor.name': 'Object' }, { a: {} }, false],
  [{ toString: 'x' }, { toString: 'x' }, true],
  [{ a: 1, b: 2 }, { a: 1, b: 2 }, true],
  [{ a: 1, b: 2 }, { a: 1, b: 3 }, false]
] as const) {
  t.test(`claims ${JSON.stringify(claims)} ${passes ? 'hold' : 'do not hold'} for ${JSON.stringify(given)}`, async t => {
    t.same(await answer({ claims }, { claims: given }), passes ? PASSED : forbidden('claim'))
  })
}

t.test('asks for an authentication level', async t => {
  for (const [level, has, expected] of [[1, 1, PASSED], [2, 1, forbidden('level')], [2, 2, PASSED], [3, 2, forbidden('level')], [3, 3, PASSED]] as const) {
    t.same(await answer({ level }, { level: has }), expected, `${has} of ${level}`)
  }
})

t.test('asks an expression about principal, request, client, params and route', async t => {
  const own = { allow: 'principal.hasRole("admin") || principal.subject == params.user' }
  t.same(await answer(own, {}, { params: { user: 'ada' } }), PASSED)
  t.same(await answer(own, {}, { params: { user: 'eve' } }), forbidden('expression'))
  t.same(await answer(own, { roles: ['admin'] }, { params: { user: 'eve' } }), PASSED)
  const all = { allow: 'principal.claims.plan == request.headers["x-plan"] && client.address == "192.0.2.1" && route.metadata.owner == "team"' }
  const { call } = mount(authorize, all, {}, { metadata: { owner: 'team' } })
  const who = someone({ claims: { plan: 'gold' } })
  t.equal((await call({ principal: who, headers: { 'x-plan': 'gold' } })).status, 200)
  t.equal((await call({ principal: who, headers: { 'x-plan': 'silver' } })).status, 403)
})

t.test('asks everything that is given', async t => {
  const config = { scopes: 'a', roles: 'r', claims: { c: 1 }, level: 2, allow: 'request.method == "GET"' }
  const who = { scopes: ['a'], roles: ['r'], claims: { c: 1 }, level: 2 } as const
  t.same(await answer(config, who), PASSED)
  t.same(await answer(config, { ...who, scopes: [] }), insufficient('a'))
  t.same(await answer(config, { ...who, roles: [] }), forbidden('role'))
  t.same(await answer(config, { ...who, claims: {} }), forbidden('claim'))
  t.same(await answer(config, { ...who, level: 1 }), forbidden('level'))
  t.same(await answer(config, who, { method: 'PUT' }), forbidden('expression'))
})

t.test('lets requests of nobody in where the expression does', async t => {
  const room = mount(authorize, { allow: 'request.method == "GET" || principal.authenticated', anonymous: true })
  t.same(await ask(room, null), PASSED)
  t.same(await ask(room, null, { method: 'PUT' }), MISSING, 'who might log in is told to')
  t.same(await ask(room, {}, { method: 'PUT' }), PASSED)
  t.same(await answer({ allow: 'principal.claims.none == "x"', anonymous: true }, null), MISSING)
})

t.test('refuses where the expression cannot be evaluated, and tells the log once a minute', async t => {
  const { call, services } = mount(authorize, { allow: 'int(request.headers["n"]) > 0' })
  const refused = async () => (await call({ principal: someone(), headers: { n: 'x' } })).reply.code
  t.equal(await refused(), 'GW_FORBIDDEN')
  t.equal(await refused(), 'GW_FORBIDDEN')
  t.equal(services.log.lines.length, 1)
  t.match(services.log.lines[0], { level: 'warn', fields: { 'gatehouse.route': 'test', 'gatehouse.filter': 'authorize', 'error.message': /int/ } })
  t.notMatch(JSON.stringify(services.log.lines), /request\.headers/)
  services.clock.advance(60_000)
  t.equal(await refused(), 'GW_FORBIDDEN')
  t.equal(services.log.lines.length, 2)
  t.equal((await call({ principal: someone(), headers: { n: '1' } })).status, 200)
})

t.test('refuses where an expression of another make throws anything', async t => {
  const { call } = mount(authorize, { allow: 'true' }, {}, {
    services: { expressions: { condition: () => ({ usesReply: false, usesBody: false, evaluate: () => { throw new Error('broken') } }), text: () => { throw new Error('not asked') } } }
  })
  t.equal((await call({ principal: someone() })).reply.code, 'GW_FORBIDDEN')
})

t.test('judges a principal once, and each by its own', async t => {
  let looks = 0
  const scopes = new Proxy(['a'], { get: (list, key) => { looks++; return Reflect.get(list, key) as unknown } })
  const { call } = mount(authorize, 'a')
  const [good, bad] = [someone({ scopes }), someone({ scopes: ['b'] })]
  t.equal((await call({ principal: good })).status, 200)
  const first = looks
  for (let i = 0; i < 3; i++) {
    t.equal((await call({ principal: good })).status, 200)
    t.equal((await call({ principal: bad })).status, 403)
  }
  t.equal(looks, first)
})

t.test('counts refusals by what did not hold', async t => {
  const { call, services, decisions } = mount(authorize, { scopes: 'a', roles: 'r' })
  await call()
  await call({ principal: someone() })
  await call({ principal: someone({ scopes: ['a'] }) })
  await call({ principal: someone({ scopes: ['a'] }) })
  await call({ principal: someone({ scopes: ['a'], roles: ['r'] }) })
  const counted = services.registry.samples().filter(({ name }) => name === 'gatehouse_authorization_refused_total')
  t.same(Object.fromEntries(counted.map(({ labels, value }) => [labels['reason'], value])), { missing: 1, scope: 1, role: 2 })
  t.equal(decisions('refused'), 4)
  t.equal(decisions('passed'), 1)
})

t.test('tells the client nothing but the standard codes', async t => {
  const { call } = mount(authorize, { claims: { plan: 'gold' }, allow: 'principal.hasRole("boss")' })
  const { text, reply } = await call({ principal: someone({ claims: { plan: 'free' } }) })
  t.same(Object.keys(JSON.parse(text) as object), ['type', 'title', 'status', 'code', 'instance'])
  t.notMatch(text, /plan|gold|boss|claim/)
  t.equal(reply.headers.has('www-authenticate'), false)
})

t.test('lets pass what it would have refused where it only reports', async t => {
  const { call, decisions } = mount(authorize, 'a', {}, { report: true })
  t.equal((await call()).status, 200)
  t.equal(decisions('would-refuse'), 1)
})

for (const [config, code, pointer] of [
  [null, 'GW_CONFIG_NO_EFFECT', ''],
  [{}, 'GW_CONFIG_NO_EFFECT', ''],
  [{ anonymous: false }, 'GW_CONFIG_NO_EFFECT', ''],
  [{ scopes: [] }, 'GW_CONFIG_INVALID', '/scopes'],
  [{ scopes: 'a b' }, 'GW_CONFIG_INVALID', '/scopes'],
  [['a', 'b"'], 'GW_CONFIG_INVALID', '/1'],
  [{ anyScope: [] }, 'GW_CONFIG_INVALID', '/anyScope'],
  [{ scopes: ['a', 'b'], anyScope: ['c', 'a'] }, 'GW_CONFIG_NO_EFFECT', '/anyScope'],
  [{ roles: [''] }, 'GW_CONFIG_INVALID', '/roles/0'],
  [{ roles: ['a', 'b'], allRoles: ['b'] }, 'GW_CONFIG_NO_EFFECT', '/roles'],
  [{ claims: {} }, 'GW_CONFIG_INVALID', '/claims'],
  [{ claims: { a: [] } }, 'GW_CONFIG_INVALID', '/claims/a'],
  [{ claims: { a: { b: 1 } } }, 'GW_CONFIG_INVALID', '/claims/a'],
  [{ claims: { a: [null] } }, 'GW_CONFIG_INVALID', '/claims/a/0'],
  [{ level: 0 }, 'GW_CONFIG_INVALID', '/level'],
  [{ level: 4 }, 'GW_CONFIG_INVALID', '/level'],
  [{ allow: 'principal.name == ""' }, 'GW_CONFIG_EXPRESSION', '/allow'],
  [{ allow: 'principal.subject' }, 'GW_CONFIG_EXPRESSION', '/allow'],
  [{ allow: 'reply.status == 200' }, 'GW_CONFIG_NO_EFFECT', '/allow'],
  [{ allow: 'body.a == 1' }, 'GW_CONFIG_NO_EFFECT', '/allow'],
  [{ roles: 'a', anonymous: true }, 'GW_CONFIG_NO_EFFECT', '/anonymous'],
  [{ roles: 'a', allow: 'true', anonymous: true }, 'GW_CONFIG_NO_EFFECT', '/anonymous'],
  [{ scope: 'a' }, 'GW_CONFIG_UNKNOWN_KEY', '/scope']
] as const) {
  t.test(`refuses the config ${JSON.stringify(config)}`, async t => {
    t.throws(() => mount(authorize, config), { errors: [{ code, pointer: `/authorize${pointer}` }] })
  })
}
