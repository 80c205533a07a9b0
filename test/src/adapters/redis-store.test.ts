import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { Redis } from 'ioredis'
import t, { type Test } from 'tap'
import { redisStore, type RedisStore } from '../../../src/adapters/redis-store.ts'
import { fakeClock, fakeLog, type FakeClock, type FakeLog } from '../../../src/testing/index.ts'
import { startRedis, withoutRedis, type RedisServer } from '../../peers/redis-server.ts'
import { Authority } from '../../wire/harness/certificates.ts'

const TIMEOUT_MS = 250
/** The machine is shared: what is bounded by the timeout may take some of these. */
const BOUND_MS = TIMEOUT_MS * 8
const UNAVAILABLE = { name: 'StoreUnavailable' }
const needsRedis = { skip: withoutRedis }

/** A log that lets a test wait for its next line of a level. */
function listeningLog (): FakeLog & { next(level: 'warn' | 'info'): Promise<void> } {
  const log = fakeLog()
  const waiting: { level: string, resolve: () => void }[] = []
  const at = (level: 'warn' | 'info') => (fields: object, message: string) => {
    log.lines.push({ level, fields, message })
    for (const one of waiting) if (one.level === level) one.resolve()
  }
  return { ...log, warn: at('warn'), info: at('info'), next: level => new Promise(resolve => { waiting.push({ level, resolve }) }) }
}

function connect (t: Test, url: string, { log = fakeLog(), clock, prefix = `${randomUUID()}:`, timeout = TIMEOUT_MS }: { log?: FakeLog, clock?: FakeClock, prefix?: string, timeout?: number } = {}): RedisStore {
  const store = redisStore({ url, timeout, prefix }, log, clock)
  t.teardown(() => store.close())
  return store
}

async function server (t: Test, options: Parameters<typeof startRedis>[0] = {}): Promise<RedisServer> {
  const redis = await startRedis(options)
  t.teardown(() => redis.stop())
  return redis
}

/** How long a call takes to be refused. */
async function refusedIn (t: Test, call: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await t.rejects(call(), UNAVAILABLE)
  return performance.now() - start
}

t.test('keeps values until their end', needsRedis, async t => {
  const { url } = await server(t)
  const store = connect(t, url, { prefix: 'p:' })
  const raw = new Redis(url)
  t.teardown(() => raw.quit())

  t.equal(store.shared, true)
  t.equal(await store.get('a'), null)
  await store.set('a', 'ä "\r\n\0', 60_000)
  t.equal(await store.get('a'), 'ä "\r\n\0')
  await store.set('a', '2', 1500.5)
  t.same(await store.getAll(['b', 'a', 'a']), [null, '2', '2'])
  t.same(await store.getAll([]), [])
  t.equal(await raw.get('p:a'), '2', 'under its prefix')
  const leftMs = await raw.pttl('p:a')
  t.ok(leftMs > 0 && leftMs <= 1501, `${leftMs}`)
  await store.delete('a')
  t.equal(await store.get('a'), null)
  await store.delete('a')
})

t.test('takes any time to live that the contract allows', needsRedis, async t => {
  const { url } = await server(t)
  const store = connect(t, url, { prefix: 'p:' })
  const raw = new Redis(url)
  t.teardown(() => raw.quit())
  for (const ttlMs of [Infinity, 1e300]) {
    await store.set('long', 'v', ttlMs)
    t.ok(await raw.pttl('p:long') > 1e9)
  }
  for (const ttlMs of [0, -5, 0.1]) {
    await store.set('long', 'v', ttlMs)
    t.ok(await raw.pttl('p:long') <= 1, `${ttlMs}`)
  }
})

t.test('adds only where there is nothing', needsRedis, async t => {
  const { url } = await server(t)
  const store = connect(t, url)
  t.equal(await store.add('nonce', '1', 60_000), true)
  t.equal(await store.add('nonce', '2', 60_000), false)
  t.equal(await store.get('nonce'), '1')
  await store.delete('nonce')
  t.equal(await store.add('nonce', '3', 60_000), true)
})

t.test('lets one of many win, over several connections', needsRedis, async t => {
  const { url } = await server(t)
  const stores = [connect(t, url, { prefix: 's:' }), connect(t, url, { prefix: 's:' })]
  for (let round = 0; round < 20; round++) {
    const tries = Array.from({ length: 10 }, async (_, i) => await stores[i % 2]!.add(`n${round}`, `${i}`, 60_000) ? `${i}` : null)
    const winners = (await Promise.all(tries)).filter(one => one !== null)
    t.equal(winners.length, 1)
    t.equal(await stores[0]!.get(`n${round}`), winners[0])
  }
})

t.test('deletes only the value it is told, also when the server has forgotten the script', needsRedis, async t => {
  const { url } = await server(t)
  const store = connect(t, url)
  const raw = new Redis(url)
  t.teardown(() => raw.quit())
  for (const round of ['first', 'known', 'forgotten']) {
    if (round === 'forgotten') await raw.script('FLUSH')
    await store.set('lock', 'mine', 60_000)
    await store.deleteIf('lock', 'theirs')
    t.equal(await store.get('lock'), 'mine', round)
    await store.deleteIf('lock', 'mine')
    t.equal(await store.get('lock'), null, round)
  }
  await store.deleteIf('lock', 'mine')
})

t.test('keeps stores with other prefixes and databases apart', needsRedis, async t => {
  const { url } = await server(t)
  const [a, b, other] = [connect(t, url, { prefix: 'a:' }), connect(t, url, { prefix: 'b:' }), connect(t, `${url}/3`, { prefix: 'a:' })]
  await a.set('k', '1', 60_000)
  t.equal(await b.get('k'), null)
  t.equal(await other.get('k'), null)
})

t.test('never takes another database for one that is not there', needsRedis, async t => {
  const { url } = await server(t)
  const log = listeningLog()
  const told = log.next('warn')
  const store = connect(t, `${url}/99`, { log })
  await t.rejects(store.set('a', '1', 60_000), UNAVAILABLE)
  await told
  t.match(log.lines[0]!.fields, { 'error.message': /DB index/ })
  await t.rejects(store.set('a', '1', 60_000), UNAVAILABLE)
  const raw = new Redis(url)
  t.teardown(() => raw.quit())
  t.equal(await raw.dbsize(), 0)
})

t.test('refuses in time while the server is frozen, and goes on when it is not', needsRedis, async t => {
  const redis = await server(t)
  const store = connect(t, redis.url)
  await store.set('a', '1', 60_000)
  redis.signal('SIGSTOP')
  const calls = [
    () => store.get('a'), () => store.getAll(['a']), () => store.set('a', '2', 1), () => store.add('b', '1', 60_000), () => store.delete('a'), () => store.deleteIf('a', '1'),
    () => store.swap('a', '1', '2', 1), () => store.tally('n', { secret: 1 }, 1), () => store.setField('h', 'f', '1', 1), () => store.getField('h', 'f')
  ]
  const took = await Promise.all(calls.map(call => refusedIn(t, call)))
  t.ok(Math.max(...took) < BOUND_MS, took.join())
  redis.signal('SIGCONT')
  t.equal(await store.add('c', '1', 60_000), true)
  t.equal(await store.get('c'), '1', 'every answer belongs to its own question')
})

t.test('closes in time while the server is frozen', needsRedis, async t => {
  const redis = await server(t)
  const store = connect(t, redis.url)
  await store.get('a')
  redis.signal('SIGSTOP')
  const start = performance.now()
  await store.close()
  t.ok(performance.now() - start < BOUND_MS)
})

t.test('refuses more than it can have under way', needsRedis, async t => {
  const redis = await server(t)
  const store = connect(t, redis.url, { timeout: 2000 })
  await store.get('a')
  redis.signal('SIGSTOP')
  const waiting = Array.from({ length: 10_000 }, () => store.get('a'))
  await t.rejects(store.get('a'), { ...UNAVAILABLE, message: /10000/ })
  redis.signal('SIGCONT')
  await Promise.all(waiting)
  t.equal(await store.get('a'), null)
})

t.test('refuses at once while the server is gone, and comes back with it', needsRedis, async t => {
  const redis = await server(t)
  const log = listeningLog()
  const store = connect(t, redis.url, { log })
  await store.set('a', '1', 60_000)
  const [gone, back] = [log.next('warn'), log.next('info')]
  const underWay = store.get('a').catch((error: unknown) => error)
  await redis.stop()
  await underWay
  t.ok(await refusedIn(t, () => store.get('a')) < BOUND_MS)
  await gone
  t.ok(await refusedIn(t, () => store.add('a', '1', 60_000)) < BOUND_MS)

  await server(t, { port: redis.port })
  await back
  t.equal(await store.get('a'), null)
  t.match(log.lines, [{ level: 'warn', fields: { 'server.port': redis.port, 'error.message': /^E[A-Z]+$/ } }, { level: 'info' }])
})

t.test('tells of trouble once a minute', async t => {
  const { port } = await closedPort()
  const log = listeningLog()
  const clock = fakeClock(1)
  const first = log.next('warn')
  const store = connect(t, `redis://127.0.0.1:${port}`, { log, clock })
  await first
  await t.rejects(store.get('a'), UNAVAILABLE)
  t.equal(log.lines.length, 1)
  const second = log.next('warn')
  clock.advance(60_000)
  await second
  t.equal(log.lines.length, 2, 'attempts in between are not told')
})

t.test('refuses where nobody listens, and closes then', async t => {
  const { port } = await closedPort()
  const store = connect(t, `redis://127.0.0.1:${port}`)
  t.ok(await refusedIn(t, () => store.set('a', '1', 1000)) < BOUND_MS)
  await store.close()
  await store.close()
  await t.rejects(store.get('a'), UNAVAILABLE)
})

t.test('refuses in time where the connection is accepted and nothing answers', async t => {
  const silent = createServer(socket => { socket.on('error', () => {}).resume() }).listen(0, '127.0.0.1')
  await new Promise(resolve => silent.once('listening', resolve))
  t.teardown(() => silent.close())
  const store = connect(t, `redis://127.0.0.1:${(silent.address() as AddressInfo).port}`)
  t.ok(await refusedIn(t, () => store.get('a')) < BOUND_MS)
  t.ok(await refusedIn(t, () => store.get('a')) < TIMEOUT_MS, 'and at once from then on')
})

t.test('logs in by the password of the URL', needsRedis, async t => {
  const redis = await server(t, { password: 'p@ss:w/rd %' })
  const store = connect(t, redis.url)
  await store.set('a', '1', 60_000)
  t.equal(await store.get('a'), '1')
  t.equal(await connect(t, redis.url.replace('redis://:', 'redis://default:')).get('a'), null)
})

t.test('refuses with a wrong password, and tells the log no more than that', needsRedis, async t => {
  const redis = await server(t, { password: 'right' })
  for (const [credentials, says] of [[':sesame@', 'WRONGPASS'], ['nobody:sesame@', 'WRONGPASS'], ['', 'NOAUTH']] as const) {
    const log = listeningLog()
    const told = log.next('warn')
    const store = connect(t, redis.url.replace(/:\w+@/, credentials), { log })
    t.ok(await refusedIn(t, () => store.get('a')) < BOUND_MS)
    await told
    t.match(log.lines[0]!.fields, { 'error.message': new RegExp(says) })
    t.notMatch(JSON.stringify(log.lines), /sesame/)
    await store.close()
  }
})

t.test('gives no key and no value away in what it throws', needsRedis, async t => {
  const redis = await server(t)
  const raw = new Redis(redis.url)
  t.teardown(() => raw.quit())
  const store = connect(t, redis.url, { prefix: 'p:' })
  await raw.rpush('p:topsecret', 'x')
  const error = await store.get('topsecret').catch((error: unknown) => error as Error)
  t.match(error, { name: 'StoreUnavailable', message: /WRONGTYPE/ })
  await raw.acl('SETUSER', 'default', '-@scripting')
  const denied = await store.deleteIf('topsecret', 'topvalue').catch((error: unknown) => error as Error)
  t.match(denied, { name: 'StoreUnavailable', message: /NOPERM/ })
  t.notMatch(JSON.stringify([error, denied].map(one => [(one as Error).message, { ...(one as Error) }, (one as Error).cause])), /topsecret|topvalue/)
})

t.test('speaks TLS, and only with a server that can be trusted', needsRedis, async t => {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-redis-'))
  const authority = new Authority('redis test')
  t.teardown(() => { authority.remove(); rmSync(folder, { recursive: true }) })
  const { cert, key } = authority.issue('IP:127.0.0.1')
  const tls = { cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') }
  writeFileSync(tls.cert, cert)
  writeFileSync(tls.key, key)
  const redis = await server(t, { tls })

  const log = fakeLog()
  await t.rejects(connect(t, redis.url, { log, timeout: 5000 }).get('a'), UNAVAILABLE)
  t.match(log.lines[0]!.fields, { 'error.message': /UNABLE_TO_VERIFY|SELF_SIGNED/ })

  const before = getCACertificates('default')
  setDefaultCACertificates([authority.cert])
  t.teardown(() => { setDefaultCACertificates(before) })
  const store = connect(t, redis.url, { timeout: 5000 })
  await store.set('a', '1', 60_000)
  t.equal(await store.get('a'), '1')
})

/** A port of loopback on which nobody listens. */
async function closedPort (): Promise<{ port: number }> {
  const server = createServer()
  await new Promise<void>((resolve, reject) => { server.once('error', reject).listen(0, '127.0.0.1', resolve) })
  const { port } = server.address() as AddressInfo
  await new Promise(resolve => server.close(resolve))
  return { port }
}
