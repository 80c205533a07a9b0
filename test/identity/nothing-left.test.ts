import { once } from 'node:events'
import { hashSync } from 'bcryptjs'
import { Redis } from 'ioredis'
import t, { type Test } from 'tap'
import { startAuthorizationServer } from '../peers/authorization-server.ts'
import { startRedis, withoutRedis } from '../peers/redis-server.ts'
import { bearer } from './ask.ts'
import { dpopClient } from './dpop-client.ts'
import { guarded, issuerEntry } from './guarded.ts'

/** What keeps the process alive. */
const handles = (): string[] => process.getActiveResourcesInfo().filter(name => name !== 'Immediate').sort()

/** Closing takes the kernel, and threads, some turns of the loop; what is still there after that stays. */
async function settled (wanted: readonly string[]): Promise<string[]> {
  for (let i = 0; i < 2000 && handles().join() !== wanted.join(); i++) await new Promise(resolve => { setImmediate(resolve) })
  return handles()
}

/** A gateway that has asked everybody whom it can ask, and is closed. */
async function busy (t: Test, redis: string): Promise<void> {
  const issuer = await startAuthorizationServer()
  const client = await dpopClient()
  const { ask, gateway } = await guarded(t, {
    gateway: { redis: { url: redis, timeout: '2s' }, session: { ring: 'passport' } },
    issuers: { main: issuerEntry(issuer) },
    routes: {
      orders: [{ authenticate: { ways: ['bearer', { introspection: { audiences: 'legacy' } }, 'dpop', { basic: { users: `alice:${hashSync('secret', 4)}` } }, 'session'] } }, { passport: { enrich: { url: `${issuer.issuer}/nothing`, claims: ['plan'] } } }],
      own: [{ 'client-credentials': { issuer: 'main', audience: 'billing' } }]
    }
  })
  const token = (more: object) => issuer.accessToken({ subject: 'alice', audience: 'orders', ...more })
  const questions = [
    bearer(await token({})), bearer(await token({ audience: 'legacy', scopes: ['read'] })), await client.request(await token({ jkt: client.jkt })),
    { headers: { authorization: `Basic ${Buffer.from('alice:secret').toString('base64')}` } }
  ]
  for (const question of questions) t.equal((await ask('/orders', question)).status, 200)
  t.equal((await ask('/own')).status, 200)
  await gateway.close()
  await gateway.close()
  await issuer.close()
}

t.test('a gateway that never listened, or cannot be built, leaves nothing either', async t => {
  const before = handles()
  await t.test('a gateway', async t => {
    const setup = { gateway: { redis: { url: 'redis://127.0.0.1:1' } }, issuers: { main: { issuer: 'http://127.0.0.1:1', audiences: 'a', jwks: { start: 'blocking' } } } }
    const { gateway } = await guarded(t, { ...setup, routes: { orders: ['authenticate', 'passport'] } }, { listen: false })
    await gateway.close()
    await t.rejects(guarded(t, { ...setup, keyRings: { passport: 'none' }, routes: {} }), { name: 'ConfigErrors' })
    await t.rejects(guarded(t, { ...setup, routes: { orders: [{ authenticate: { issuers: ['nobody'] } }] } }), { name: 'ConfigErrors' })
    await t.rejects(guarded(t, { ...setup, gateway: { redis: { url: 'redis://127.0.0.1:1/not/a/database' } }, routes: {} }), { name: 'ConfigErrors', errors: [{ code: 'GW_CONFIG_INVALID', file: 'routes.yaml', pointer: '/gateway/redis/url' }] })
  })
  t.same(await settled(before), before)
})

t.test('nothing is left when a gateway is closed that knew who was calling', withoutRedis === false ? {} : { skip: withoutRedis }, async t => {
  const redis = await startRedis()
  t.teardown(() => redis.stop())
  const operator = new Redis(redis.url)
  t.teardown(() => { operator.disconnect() })
  await once(operator, 'ready')
  const before = handles()
  await t.test('a gateway', async t => { await busy(t, redis.url) })
  t.same(await settled(before), before)
  t.equal(String(await operator.client('LIST')).trim().split('\n').length, 1, 'no connection to Redis')
  t.ok((await operator.keys('gatehouse:dpop:*')).length > 0, 'although there was one')
})
