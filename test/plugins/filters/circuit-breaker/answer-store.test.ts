import t from 'tap'
import { AnswerStore } from '../../../../plugins/filters/circuit-breaker/fallback/answer-store.ts'
import { heldBody, principal, problem, type OpenSession, type Reply } from '../../../../src/contract/index.ts'
import { exchange, fakeClock, reply, type TestReply, type TestRequest } from '../../../../src/testing/index.ts'

const START = Date.UTC(2026, 0, 2)
const DATE = new Date(START).toUTCString()

/** A store that knows what was kept, with time in the test's hands. */
function store (config: Partial<ConstructorParameters<typeof AnswerStore>[0]> = {}) {
  const clock = fakeClock(START)
  const made = new AnswerStore({ maxAge: 600_000, entries: 100, bytes: 100_000, bodyBytes: 1000, ...config }, clock)
  return {
    clock,
    store: made,
    keep: (answer: TestReply | Reply, request: TestRequest = {}, over: Partial<ReturnType<typeof exchange>> = {}) =>
      made.keep(Object.assign(exchange(request), over), 'code' in answer ? answer : reply(answer)),
    kept: (request: TestRequest = {}, over: Partial<ReturnType<typeof exchange>> = {}) => made.answer(Object.assign(exchange(request), over))
  }
}

/** Whether an answer is kept and stands in for the next. */
async function isKept (answer: TestReply | Reply, request: TestRequest = {}, over: Partial<ReturnType<typeof exchange>> = {}) {
  const { keep, kept, store: made } = store()
  await keep(answer, request, over)
  t.equal(made.size, kept(request, over) === null ? 0 : 1)
  return kept(request, over) !== null
}

t.test('gives back what was answered, with its age', async t => {
  const { keep, kept, clock } = store()
  await keep({ status: 203, headers: { 'x-a': ['1', '2'], date: DATE }, body: 'text' }, { target: '/a?b=c' })
  clock.advance(61_999)
  const answer = kept({ target: '/a?b=c' })!
  t.same([answer.status, answer.body, answer.code, answer.trailers], [203, 'text', null, null])
  t.same([...answer.headers], [['x-a', '1'], ['x-a', '2'], ['date', DATE], ['age', '61']])
  answer.headers.set('x-a', 'changed')
  t.equal(kept({ target: '/a?b=c' })!.headers.get('x-a'), '1, 2', 'each time anew')
})

t.test('counts the time that it was under way, or in another cache', async t => {
  const aged = async (headers: Readonly<Record<string, string>>) => {
    const { keep, kept, clock } = store()
    clock.advance(30_000)
    await keep({ headers })
    clock.advance(5000)
    return kept()!.headers.get('age')
  }
  t.same(await Promise.all([aged({}), aged({ date: DATE }), aged({ age: '100' }), aged({ age: 'x', date: 'y' })]), ['5', '35', '105', '5'])
})

t.test('says when an answer came that does not say it', async t => {
  const { keep, kept } = store()
  await keep({})
  t.equal(kept()!.headers.get('date'), DATE)
})

t.test('is for the same request only', async t => {
  const { keep, kept } = store()
  await keep({ body: 'a' }, { target: '/a?b=c', host: 'a.test' })
  const others: TestRequest[] = [{ target: '/a' }, { target: '/a?b=d' }, { target: '/b?b=c' }, { host: 'b.test' }, { host: 'a.test:8080' }, { scheme: 'https' }, { method: 'HEAD' }, { method: 'POST' }]
  for (const other of others) t.equal(kept({ target: '/a?b=c', host: 'a.test', ...other }), null, JSON.stringify(other))
  t.equal(kept({ target: '/a?b=c', host: 'a.test' }, { origin: 'http://b' }), null)
  t.equal(kept({ target: '/a?b=c', host: 'a.test' }, { upstreamHost: 'b' }), null)
  t.equal(kept({ target: '/a?b=c', host: 'a.test' }, { upgrade: 'websocket' }), null)
  t.equal(kept({ target: '/a?b=c', host: 'a.test' })!.body, 'a')
})

t.test('is for those only for whom a trusted proxy asks the same of upstream', async t => {
  const { keep, kept } = store()
  const asked = (headers: Readonly<Record<string, string>>, trusted = true): TestRequest => ({ headers, client: { trusted } })
  await keep({ body: 'a' }, asked({ 'x-forwarded-host': 'a.test', forwarded: 'for=192.0.2.7;host=a.test;proto=https' }))
  t.ok(kept(asked({ 'x-forwarded-host': 'a.test', forwarded: 'for=192.0.2.8;host=a.test;proto=https' })))
  t.equal(kept(asked({ 'x-forwarded-host': 'b.test', forwarded: 'for=192.0.2.7;host=a.test;proto=https' })), null)
  t.equal(kept(asked({ 'x-forwarded-host': 'a.test', forwarded: 'for=192.0.2.7;host=b.test;proto=https' })), null)
  t.equal(kept(asked({ 'x-forwarded-host': 'a.test' })), null)
  t.equal(kept(asked({}, false)), null)
})

t.test('keeps nothing that depends on what the gateway itself tells upstream of each client', async t => {
  for (const name of ['X-Forwarded-For', 'forwarded', 'x-request-id']) t.notOk(await isKept({ headers: { vary: `accept, ${name}` } }), name)
})

t.test('keeps HEAD apart from GET', async t => {
  const { keep, kept } = store()
  await keep({ headers: { 'content-length': '7' } }, { method: 'HEAD' })
  t.same([kept({ method: 'HEAD' })!.headers.get('content-length'), kept()], ['7', null])
})

t.test('keeps good answers only', async t => {
  for (const status of [200, 203, 204, 300, 301, 308]) t.equal(await isKept({ status }), true, String(status))
  for (const status of [201, 202, 205, 206, 302, 303, 304, 307, 400, 404, 410, 500, 503]) t.equal(await isKept({ status }), false, String(status))
  t.equal(await isKept(problem('GW_NO_ROUTE', '')), false)
  t.equal(await isKept({ ...reply(), socket: {} as never }), false)
})

t.test('keeps nothing that was for one client, for once, or for a part', async t => {
  for (const value of ['no-store', 'NO-STORE', 'no-cache', 'no-cache="set-cookie"', 'private', 'private="x-a, x-b", max-age=60', 'public, private', 'max-age=60, no-store', 'x="a, b", no-store', 'x="a\\", b", no-store']) {
    t.equal(await isKept({ headers: { 'cache-control': value } }), false, value)
  }
  for (const value of ['public', 'max-age=60', 'x="no-store"', 'x="a, no-store, b"', '', ',', 'x-no-store']) t.equal(await isKept({ headers: { 'cache-control': value } }), true, value)
  t.equal(await isKept({ headers: { 'cache-control': ['max-age=60', 'no-store'] } }), false, 'in another line')
  t.equal(await isKept({ headers: { 'set-cookie': 'a=b', 'cache-control': 'public' } }), false)
  t.equal(await isKept({ headers: { 'content-range': 'bytes 0-1/2' } }), false)
  t.equal(await isKept({ headers: { vary: 'accept, *' } }), false)
  t.equal(await isKept({ headers: { 'x-gatehouse-fallback': 'reply' } }), false, 'what stood in for another already')
})

t.test('keeps nothing of requests that ask for it, or have a body', async t => {
  t.equal(await isKept({}, { headers: { 'cache-control': 'max-age=0, no-store' } }), false)
  t.equal(await isKept({}, { headers: { 'cache-control': 'no-cache' } }), true)
  t.equal(await isKept({}, { body: 'text' }), false)
})

t.test('gives nobody what was an answer to somebody, unless it says that it may (RFC 9111 3.5)', async t => {
  const somebody: [string, TestRequest, Partial<ReturnType<typeof exchange>>][] = [
    ['authorization', { headers: { authorization: 'Bearer a' } }, {}],
    ['cookie', { headers: { cookie: 'a=b' } }, {}],
    ['certificate', { client: { certificate: { subject: 'CN=alice', uris: [], dnsNames: [], emails: [], thumbprint: 'x' } } }, {}],
    ['principal', {}, { principal: principal({ subject: 'alice', source: 'jwt', level: 1 }) }],
    ['session', {}, { session: {} as OpenSession }]
  ]
  for (const [what, request, over] of somebody) {
    t.equal(await isKept({ headers: { 'cache-control': 'max-age=60' } }, request, over), false, what)
    for (const value of ['public', 's-maxage=60', 'must-revalidate, max-age=60']) t.equal(await isKept({ headers: { 'cache-control': value } }, request, over), true, `${what}: ${value}`)
  }
})

t.test('an answer is used for no longer than it allows, and the file', async t => {
  const usable = async (headers: Readonly<Record<string, string>>, maxAge = 600_000) => {
    const { keep, kept, clock } = store({ maxAge })
    await keep({ headers: { date: DATE, ...headers } })
    let seconds = 0
    while (kept() !== null && seconds < 1000) {
      clock.advance(10_000)
      seconds += 10
    }
    return seconds - 10
  }
  t.equal(await usable({}), 600)
  t.equal(await usable({}, 60_000), 60)
  t.equal(await usable({ 'cache-control': 'max-age=60' }), 600, 'an old one is better than none')
  t.equal(await usable({ 'cache-control': 'max-age=60, stale-if-error=30' }), 90)
  t.equal(await usable({ 'cache-control': 'max-age=60, must-revalidate' }), 60)
  t.equal(await usable({ 'cache-control': 'max-age=60, proxy-revalidate' }), 60)
  t.equal(await usable({ 'cache-control': 'max-age=60, s-maxage=30' }), 30)
  t.equal(await usable({ 'cache-control': 'must-revalidate', expires: new Date(START + 40_000).toUTCString() }), 40)
  t.equal(await usable({ 'cache-control': 's-maxage="50"' }), 50)
  for (const headers of [{ 'cache-control': 's-maxage=x' }, { 'cache-control': 'must-revalidate' }, { 'cache-control': 'must-revalidate', expires: '0' }]) t.equal(await usable(headers), 0)
  t.equal(await usable({ 'cache-control': 'must-revalidate, max-age=60', age: '50' }), 10)
})

t.test('tells answers apart by what they vary with (RFC 9111 4.1)', async t => {
  const { keep, kept, store: made } = store()
  const ask = (language?: string, more = {}) => ({ headers: { ...language === undefined ? {} : { 'accept-language': language }, ...more } })
  const vary = { vary: 'Accept-Language' }
  await keep({ headers: vary, body: 'de' }, ask('de'))
  await keep({ headers: vary, body: 'en' }, ask('en'))
  await keep({ headers: vary, body: 'none' }, ask())
  t.same(['de', 'en', undefined, 'fr', ''].map(language => kept(ask(language))?.body ?? null), ['de', 'en', 'none', null, null])
  t.equal(kept(ask('de', { accept: 'x' }))!.body, 'de')
  t.equal(made.size, 3)
  await keep({ headers: { vary: 'accept, accept-language' }, body: 'both' }, ask('de', { accept: 'x' }))
  t.same([kept(ask('de', { accept: 'x' }))!.body, kept(ask('de')), kept(ask('en'))], ['both', null, null], 'another rule')
  await keep({ headers: { vary: 'Accept-Language, ACCEPT' }, body: 'again' }, ask('en'))
  t.same([kept(ask('en'))!.body, kept(ask('de', { accept: 'x' }))!.body], ['again', 'both'], 'the same, however it is written')
})

t.test('forgets the answers of what was changed (RFC 9111 4.4)', async t => {
  for (const [method, answer, gone] of [['PUT', { status: 204 }, true], ['DELETE', { status: 303 }, true], ['POST', { status: 400 }, false], ['POST', { status: 503 }, false], ['OPTIONS', {}, false]] as const) {
    const { keep, kept } = store()
    const request = { target: '/a', headers: { accept: 'x' } }
    await keep({ headers: { vary: 'accept' } }, request)
    await keep({}, { target: '/b' })
    await keep({}, { method: 'HEAD', target: '/a' })
    await keep(answer, { method, target: '/a' })
    t.same([kept(request) === null, kept({ method: 'HEAD', target: '/a' }) === null, kept({ target: '/b' }) === null], [gone, gone, false], `${method} ${JSON.stringify(answer)}`)
    await keep({ headers: { vary: 'accept' } }, { target: '/a', headers: { accept: 'y' } })
    t.equal(kept(request) === null, gone, 'and they do not come back')
  }
})

t.test('keeps no body that is too large, or that clients would wait for', async t => {
  const held: number[] = []
  const stream = (over: object) => ({ ended: false, cancel: () => {}, copy: (max: number) => heldBody(null).copy(max), hold: async (max: number) => { held.push(max); return Buffer.from('held') }, ...over })
  const keeps = async (headers: Readonly<Record<string, string>>, over = {}) => isKept({ ...reply({ headers }), body: stream(over) })
  t.equal(await keeps({}), false, 'nobody knows how long it will be')
  t.equal(await keeps({ 'content-length': '1001' }), false)
  t.same(held, [], 'and nothing is held of either')
  t.equal(await keeps({ 'content-length': '1000' }), true)
  t.equal(await keeps({}, { ended: true }), true, 'it is here already')
  t.equal(await keeps({}, { ended: true, hold: async () => null }), false)
  t.same(held, [1000, 1000])
  t.same(await Promise.all(['a'.repeat(1000), 'ä'.repeat(501), new Uint8Array(1000), new Uint8Array(1001)].map(body => isKept({ body }))), [true, false, true, false])
})

t.test('takes no more room than it was told', async t => {
  const few = store({ entries: 3 })
  for (let i = 0; i < 10; i++) await few.keep({}, { target: `/${i}` })
  t.same([few.store.size, few.kept({ target: '/6' }), few.kept({ target: '/9' })?.status], [3, null, 200])
  const small = store({ bytes: 5000 })
  for (let i = 0; i < 10; i++) await small.keep({ body: 'a'.repeat(1000) }, { target: `/${i}` })
  t.equal(small.store.size, 3)
})
