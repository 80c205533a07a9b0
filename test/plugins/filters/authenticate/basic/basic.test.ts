import { spawnSync } from 'node:child_process'
import { hashSync } from 'bcryptjs'
import t from 'tap'
import authenticate from '../../../../../plugins/filters/authenticate/index.ts'
import { HtpasswdThread } from '../../../../../plugins/filters/authenticate/basic/htpasswd-thread.ts'
import { fakeClock, mount } from '../../../../../src/testing/index.ts'

const HASH = hashSync('open:sesame', 4)
const USERS = `# people\nalice:${HASH}\n\nbob:${hashSync('caf\u00e9 \u2603', 5)}\r\n`
const AT = '/authenticate/ways/0/basic'

const credentials = (user: string, password: string) => `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`

function room (options: object = {}, more: object = {}) {
  const clock = fakeClock(1_000_000)
  const mounted = mount(authenticate, { ways: [{ basic: { users: USERS, ...options } }], ...more }, {}, { services: { clock } })
  const header = (authorization: string, headers: object = {}, address = '192.0.2.1', method = 'GET') =>
    mounted.call({ method, headers: { authorization, ...headers }, client: { address } })
  const send = (user = 'alice', password = 'open:sesame', address?: string) => header(credentials(user, password), {}, address)
  return { ...mounted, clock, header, send }
}

t.test('knows a user by the password, which may have colons in it', async t => {
  const { status, x } = await room().send()
  t.equal(status, 200)
  t.match(x.principal, { subject: 'alice', issuer: null, client: null, scopes: [], level: 1, source: 'basic', claims: {}, expiresAt: Infinity, token: null })
  t.notOk(x.headers.has('authorization'), 'the password does not go upstream')
})

t.test('reads both as UTF-8', async t => {
  t.match((await room().send('bob', 'caf\u00e9 \u2603')).x.principal, { subject: 'bob' })
})

t.test('takes the scheme in any case', async t => {
  t.equal((await room().header(credentials('alice', 'open:sesame').replace('Basic', 'bASIC'))).status, 200)
})

for (const [title, user, password] of [
  ['a wrong password', 'alice', 'open:sesam'],
  ['an empty password', 'alice', ''],
  ['the password of somebody else', 'alice', 'caf\u00e9 \u2603'],
  ['the hash for the password', 'alice', HASH],
  ['a user nobody knows', 'mallory', 'open:sesame'],
  ['a user in other case', 'Alice', 'open:sesame'],
  ['a comment for a user', '# people', 'open:sesame'],
  ['the name of a property for a user', '__proto__', 'open:sesame']
] as const) {
  t.test(`refuses ${title}`, async t => {
    const { status, x, reply } = await room({ realm: 'staff' }).send(user, password)
    t.strictSame([status, x.reason, x.principal], [401, 'unknown', null])
    t.equal(reply.headers.get('www-authenticate'), 'Basic realm="staff", charset="UTF-8"')
  })
}

const base64 = (bytes: string | number[]) => Buffer.from(bytes as string).toString('base64')

for (const [title, sent, reason] of [
  ['nothing after the scheme', 'Basic', 'malformed'],
  ['no colon', `Basic ${base64('alice')}`, 'malformed'],
  ['no user', `Basic ${base64(':open:sesame')}`, 'malformed'],
  ['text that is not base64', 'Basic alice:open:sesame', 'malformed'],
  ['base64url', `Basic ${base64('alice:???>>>').replaceAll('/', '_')}`, 'malformed'],
  ['base64 without its padding', `Basic ${base64('alice:open:sesame').replace(/=+$/, '')}`, 'malformed'],
  ['base64 with stray bits', 'Basic YWxpY2U6b3BlbjpzZXNhbWV=', 'malformed'],
  ['two credentials', `Basic ${base64('alice:open:sesame')} ${base64('a:b')}`, 'malformed'],
  ['bytes that are not UTF-8', `Basic ${base64([97, 58, 0xe9, 0x74])}`, 'malformed'],
  ['a control character', `Basic ${base64('alice:open\u0000sesame')}`, 'malformed'],
  ['a line end', `Basic ${base64('alice\n:open:sesame')}`, 'malformed'],
  ['a C1 control character', `Basic ${base64('alice:open\u0085sesame')}`, 'malformed'],
  ['a password bcrypt would cut', `Basic ${base64(`alice:${'a'.repeat(73)}`)}`, 'too-large'],
  ['one of 72 characters but more bytes', `Basic ${base64(`alice:${'\u00e9'.repeat(37)}`)}`, 'too-large'],
  ['more than anybody types', `Basic ${base64(`${'a'.repeat(800)}:b`)}`, 'too-large']
] as const) {
  t.test(`refuses ${title} without a look at the users`, async t => {
    const { status, x } = await room().header(sent)
    t.strictSame([status, x.reason], [401, reason])
  })
}

t.test('a password of 72 bytes counts whole', async t => {
  const { send } = room({ users: `long:${hashSync('a'.repeat(72), 4)}` })
  t.equal((await send('long', 'a'.repeat(71) + 'b')).status, 401)
  t.equal((await send('long', 'a'.repeat(72))).status, 200)
})

t.test('asks for user and password where there are none', async t => {
  for (const [options, more, realm] of [[{}, {}, 'gatehouse'], [{}, { realm: 'shop' }, 'shop'], [{ realm: 'the "inner" room' }, { realm: 'shop' }, 'the \\"inner\\" room']] as const) {
    const { status, reply, x } = await room(options, more).call()
    t.strictSame([status, x.reason, reply.headers.get('www-authenticate')], [401, 'missing', `Basic realm="${realm}", charset="UTF-8"`])
  }
})

t.test('leaves other schemes alone, and two lines are none', async t => {
  const { header, call } = room({}, { optional: true })
  const { status, x } = await header('Negotiate abc')
  t.strictSame([status, x.principal], [200, null])
  t.equal((await call({ headers: { authorization: [credentials('alice', 'open:sesame'), credentials('bob', 'x')] } })).status, 400)
})

t.test('a bad password is never an anonymous request', async t => {
  t.equal((await room({}, { optional: true }).send('alice', 'wrong')).status, 401)
})

/** Where passwords are remembered, the answer needs no other thread, and so no turn of the event loop. */
async function isAtOnce (call: Promise<{ status: number }>): Promise<boolean> {
  const turn = new Promise<false>(resolve => { setImmediate(resolve, false) })
  return await Promise.race([call.then(() => true), turn])
}

t.test('remembers a good password for a minute, and the principal with it', async t => {
  const { send, clock } = room()
  const first = await send()
  clock.advance(59_999)
  const again = send()
  t.ok(await isAtOnce(again))
  t.equal((await again).x.principal, first.x.principal)
  clock.advance(1)
  const late = send()
  t.notOk(await isAtOnce(late), 'then it is checked anew')
  t.equal((await late).x.principal, first.x.principal)
})

t.test('a remembered user is no excuse for another password', async t => {
  const { send } = room()
  await send()
  t.equal((await send('alice', 'open:sesamf')).status, 401)
  t.equal((await send('alice:open', 'sesame')).status, 200, 'the same credentials to the letter')
})

t.test('remembers a wrong password for five seconds', async t => {
  const { send, clock } = room()
  await send('alice', 'wrong')
  clock.advance(4_999)
  t.ok(await isAtOnce(send('alice', 'wrong')))
  clock.advance(1)
  const late = send('alice', 'wrong')
  t.notOk(await isAtOnce(late))
  await late
})

t.test('an unknown user costs a check like any other, and gets in with nobody\'s password', async t => {
  const { check } = HtpasswdThread.prototype
  const checked: string[] = []
  HtpasswdThread.prototype.check = async (_, hash) => {
    checked.push(hash)
    return true
  }
  t.teardown(() => { HtpasswdThread.prototype.check = check })
  const { send } = room({ users: `alice:${HASH}` })
  for (let i = 0; i < 3; i++) t.equal((await send(`mallory ${i}`)).status, 401)
  t.same(checked, [HASH, HASH, HASH])
})

t.test('checks once for requests that come at one time', async t => {
  const { send } = room()
  const calls = await Promise.all(Array.from({ length: 40 }, () => send()))
  t.ok(calls.every(({ status, x }) => status === 200 && x.principal === calls[0]!.x.principal))
})

t.test('no more wrong passwords a minute of one user from one address', async t => {
  const { send, clock } = room()
  for (let i = 0; i < 10; i++) t.equal((await send('alice', `guess ${i}`)).status, 401)
  const { status, text, x } = await send('alice', 'guess 10')
  t.strictSame([status, x.reason], [503, 'unavailable'])
  t.match(JSON.parse(text), { code: 'GW_IDENTITY_UNAVAILABLE' })
  t.equal((await send()).status, 503, 'a right one is not looked at either')
  t.equal((await send('bob', 'caf\u00e9 \u2603')).status, 200, 'other users are not in it')
  t.equal((await send('alice', 'open:sesame', '192.0.2.2')).status, 200, 'nor is the user elsewhere')
  t.equal((await send()).status, 200, 'who is remembered gets in')
  clock.advance(60_000)
  t.equal((await send('alice', 'guess 11')).status, 401)
})

t.test('no more than two passwords of one user are checked at one time', async t => {
  const { send } = room()
  const [one, two, three, other] = await Promise.all([send('alice', 'a'), send('alice', 'b'), send('alice', 'c'), send('bob', 'caf\u00e9 \u2603')])
  t.strictSame([one.status, two.status, three.status, other.status], [401, 401, 503, 200])
  t.equal((await send()).status, 200, 'then there is room again')
})

t.test('no more passwords wait than can be checked in time', async t => {
  const { send } = room()
  const calls = await Promise.all(Array.from({ length: 30 }, (_, i) => send(`user ${i}`, 'x')))
  const statuses = Map.groupBy(calls, ({ status }) => status)
  t.strictSame([...statuses].map(([status, calls]) => [status, calls.length]), [[401, 17], [503, 13]])
  t.equal((await send()).status, 200)
})

t.test('does not keep the event loop while it checks', async t => {
  const { send } = room({ users: `slow:${hashSync('x', 11)}` })
  const call = send('slow', 'x')
  let turns = 0
  const over = call.then(() => true)
  while (!await Promise.race([over, new Promise<false>(resolve => { setImmediate(resolve, false) })])) turns++
  t.equal((await call).status, 200)
  t.ok(turns > 100, `${turns} turns of the event loop`)
})

t.test('routes with the same users share what is known', async t => {
  const { services, send } = room()
  const { x } = await send()
  const again = mount(authenticate, { ways: [{ basic: { users: USERS, realm: 'other' } }] }, {}, { services }).call({ headers: { authorization: credentials('alice', 'open:sesame') } })
  t.ok(await isAtOnce(again))
  t.equal((await again).x.principal, x.principal)
})

t.test('a password that the browser remembers is no consent to what another page does', async t => {
  const { header } = room({ origins: 'https://app.test' })
  const send = (method: string, headers: object) => header(credentials('alice', 'open:sesame'), headers, '192.0.2.1', method)
  t.equal((await send('POST', {})).status, 200, 'no browser')
  t.equal((await send('POST', { 'sec-fetch-site': 'same-origin' })).status, 200)
  t.equal((await send('POST', { origin: 'http://gateway.test' })).status, 200)
  t.equal((await send('POST', { origin: 'https://app.test', 'sec-fetch-site': 'cross-site' })).status, 200)
  t.equal((await send('GET', { 'sec-fetch-site': 'cross-site' })).status, 200)
  for (const headers of [{ 'sec-fetch-site': 'cross-site' }, { 'sec-fetch-site': 'same-site' }, { origin: 'https://evil.test' }, { origin: 'null' }]) {
    const { status, x } = await send('POST', headers)
    t.strictSame([status, x.reason, x.principal], [403, 'cross-site', null], JSON.stringify(headers))
  }
  t.equal((await header(credentials('alice', 'wrong'), { 'sec-fetch-site': 'cross-site' }, '192.0.2.1', 'POST')).status, 401)
})

t.test('says nothing of users and passwords in logs', async t => {
  const { send, services } = room()
  await send('alice', 'wrong')
  for (let i = 0; i < 12; i++) await send('alice', `wrong ${i}`)
  await send('alice', 'wrong\u0007')
  t.notMatch(JSON.stringify(services.log.lines), /alice|wrong|open:sesame/)
})

t.test('names what is wrong with the users, by line and never by what is in it', async t => {
  const hash = HASH
  for (const [users, code, line] of [
    ['', 'GW_CONFIG_INVALID', ''],
    ['# nobody\n\n', 'GW_CONFIG_INVALID', ''],
    [`alice:${hash}\nbob\n`, 'GW_CONFIG_INVALID', 'line 2'],
    ['users.htpasswd', 'GW_CONFIG_INVALID', '"\\$\\{file:users\\.htpasswd\\}"'],
    [`:${hash}`, 'GW_CONFIG_INVALID', 'line 1'],
    [`al\u0000ice:${hash}`, 'GW_CONFIG_INVALID', 'line 1'],
    [`alice:${hash}\r\nalice:${hash}`, 'GW_CONFIG_DUPLICATE', 'line 2'],
    ['alice:$apr1$sodium$Yq8cZ0.Zqz1yM0P3kK8Jz.', 'GW_CONFIG_INVALID', 'htpasswd -B'],
    ['alice:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=', 'GW_CONFIG_INVALID', 'htpasswd -B'],
    ['alice:rl.3StKT.4T8M', 'GW_CONFIG_INVALID', 'htpasswd -B'],
    ['alice:plain-password', 'GW_CONFIG_INVALID', 'htpasswd -B'],
    [`alice:${hash.replace('$04$', '$03$')}`, 'GW_CONFIG_INVALID', 'cost'],
    [`alice:${hash.replace('$04$', '$15$')}`, 'GW_CONFIG_INVALID', 'cost'],
    [`alice:${hash}x`, 'GW_CONFIG_INVALID', 'htpasswd -B'],
    [`alice:${hash.slice(0, -1)}`, 'GW_CONFIG_INVALID', 'htpasswd -B'],
    [`alice:${hash.replace('$2b$', '$2x$')}`, 'GW_CONFIG_INVALID', 'htpasswd -B']
  ] as const) {
    t.throws(() => room({ users }), { errors: [{ code, pointer: `${AT}/users`, detail: new RegExp(line) }] }, JSON.stringify(users))
    try { room({ users }) } catch (error) { t.notMatch(String(error), /alice|plain-password|sodium/) }
  }
})

t.test('names the key that is wrong', async t => {
  t.throws(() => mount(authenticate, { ways: ['basic'] }), { errors: [{ code: 'GW_CONFIG_INVALID' }] })
  t.throws(() => room({ realm: 'a\nb' }), { errors: [{ pointer: `${AT}/realm` }] })
  t.throws(() => room({ origins: 'app.test' }), { errors: [{ pointer: `${AT}/origins` }] })
})

const HAS_HTPASSWD = spawnSync('htpasswd').error === undefined
t.test('takes what `htpasswd -B` writes, and refuses what it writes else', { skip: HAS_HTPASSWD ? false : 'htpasswd is not installed: apt-get install apache2-utils' }, async t => {
  const written = (...options: string[]) => spawnSync('htpasswd', ['-nb', ...options], { encoding: 'utf8' }).stdout
  const { send } = room({ users: written('-B', 'ann', 'open:sesame \u2603') + written('-B', '-C', '6', 'ben', 'x') })
  t.equal((await send('ann', 'open:sesame \u2603')).status, 200)
  t.equal((await send('ann', 'open:sesame')).status, 401)
  t.equal((await send('ben', 'x')).status, 200)
  for (const weak of ['-m', '-s', '-d', '-p', '-2', '-5']) {
    t.throws(() => room({ users: written(weak, 'ann', 'secret') }), { errors: [{ code: 'GW_CONFIG_INVALID', pointer: `${AT}/users` }] }, weak)
  }
})

t.test('a thread that fails fails one check, not the next', async t => {
  const thread = new HtpasswdThread(4)
  const [broken, good] = await Promise.allSettled([thread.check(null as never, HASH), thread.check('open:sesame', HASH)])
  t.match(broken, { status: 'rejected', reason: { name: 'ThreadUnavailable' } })
  t.match(good, { status: 'fulfilled', value: true })
})
