import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { Redis } from 'ioredis'
import t from 'tap'
import { startRedis, withoutRedis } from '../peers/redis-server.ts'
import { bearer, type Question } from './ask.ts'
import { dpopClient } from './dpop-client.ts'
import { guarded, issuerEntry, startIssuer } from './guarded.ts'

const KEY = 'a-key-that-was-handed-to-acme'
const HASH = createHash('sha256').update(KEY).digest('hex')

async function freePort (): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

t.test('a gateway without its Redis serves what needs none, and the rest when it is there', withoutRedis === false ? {} : { skip: withoutRedis }, async t => {
  const [port, issuer, client] = [await freePort(), await startIssuer(t), await dpopClient()]
  const { ask, log, metric, service } = await guarded(t, {
    gateway: { redis: { url: `redis://127.0.0.1:${port}`, timeout: '2s' } },
    issuers: { main: issuerEntry(issuer) },
    routes: { orders: ['authenticate', 'passport'], keys: [{ authenticate: [{ 'api-key': { store: true } }] }, 'passport'], open: [] }
  })
  const [plain, bound] = await Promise.all([issuer.accessToken({ subject: 'alice', audience: 'orders' }), issuer.accessToken({ subject: 'bob', audience: 'orders', jkt: client.jkt })])
  const withKey: Question = { headers: { 'x-api-key': KEY } }
  const needy = async () => await Promise.all([ask('/orders', await client.request(bound)), ask('/keys', withKey)])

  for (const { status, headers, body } of await needy()) {
    t.match({ status, body, headers }, { status: 503, body: { code: 'GW_IDENTITY_UNAVAILABLE' }, headers: { 'retry-after': '5', 'www-authenticate': undefined } })
    t.match(await log.ofRequest(body['instance']), { 'event.reason': 'unavailable' })
  }
  t.equal(metric('gatehouse_credentials_refused_total', { reason: 'unavailable' }), 2)
  t.match(await ask('/orders', bearer(plain)), { status: 200, body: { passport: { sub: 'alice' } } })
  t.equal((await ask('/open')).status, 200)
  t.match(await log.find(({ message }) => String(message).startsWith('redis cannot be used')), { 'log.level': 'warn', 'server.port': port })
  t.equal(service.asked.length, 2)

  const redis = await startRedis({ port })
  t.teardown(() => redis.stop())
  const operator = new Redis(redis.url)
  t.teardown(() => { operator.disconnect() })
  await operator.set(`gatehouse:apikey:${HASH}`, JSON.stringify({ id: 'acme', hash: `sha256:${HASH}`, scopes: ['read'] }))
  await log.find(({ message }) => message === 'redis can be used again')
  t.match(await needy(), [{ status: 200, body: { passport: { sub: 'bob', lvl: 3 } } }, { status: 200, body: { passport: { sub: 'acme', scp: ['read'], src: 'api-key' } } }])
  t.notOk([KEY, HASH, plain, bound].some(secret => log.text.includes(secret)))
})
