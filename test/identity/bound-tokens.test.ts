import { createHash, X509Certificate } from 'node:crypto'
import t from 'tap'
import { startRedis, withoutRedis } from '../peers/redis-server.ts'
import { Authority } from '../wire/harness/certificates.ts'
import { ask as askPort, bearer } from './ask.ts'
import { dpopClient } from './dpop-client.ts'
import { configOf, guarded, issuerEntry, startIssuer } from './guarded.ts'
import { startService } from './service.ts'
import { askTls, tlsListener } from './tls-listener.ts'

const ALGS = 'algs="ES256 EdDSA PS256 RS256"'
const INVALID = 'Bearer error="invalid_token"'

const authority = new Authority('clients')
t.teardown(() => { authority.remove() })
const [mine, other, listening] = [authority.issue('DNS:client.test'), authority.issue('DNS:other.test'), authority.issue('IP:127.0.0.1')]
/** As Envoy tells of it. */
const forwarded = ({ cert }: { cert: string }) => `By=spiffe://proxy;Hash=${createHash('sha256').update(new X509Certificate(cert).raw).digest('hex')};Cert="${encodeURIComponent(cert)}"`

t.test('a token bound to a certificate needs it, on the connection itself', async t => {
  const issuer = await startIssuer(t)
  const service = await startService(t)
  const config = await configOf({ gateway: { trustedProxies: [] }, issuers: { main: issuerEntry(issuer) }, routes: { orders: ['authenticate', 'passport'] } }, service)
  const port = await tlsListener(t, config, { ...listening, ca: authority.cert })
  const token = await issuer.accessToken({ subject: 'alice', audience: 'orders', certificate: mine.cert })
  const asked = async (tls: object) => {
    const { status, headers } = await askTls(port, '/orders', token, { ca: authority.cert, ...tls })
    return [status, headers['www-authenticate']]
  }
  t.same(await asked(mine), [200, undefined])
  t.same(await asked({}), [401, INVALID])
  t.same(await asked(other), [401, INVALID])
  t.equal(service.asked.length, 1)
})

t.test('a token bound to a certificate needs it, by the word of a trusted proxy', async t => {
  const issuer = await startIssuer(t)
  const token = await issuer.accessToken({ subject: 'alice', audience: 'orders', certificate: mine.cert })
  const setup = (trustedProxies: readonly string[]) => ({
    gateway: { trustedProxies },
    issuers: { main: issuerEntry(issuer) },
    routes: {
      orders: [{ authenticate: { ways: 'bearer', clientCertificate: { from: 'header' } } }, 'passport'],
      machines: [{ authenticate: { ways: [{ certificate: { subject: 'dns' } }], clientCertificate: { from: 'header' } } }, 'passport'],
      others: ['authenticate', 'passport']
    }
  })
  const { ask, log } = await guarded(t, setup(['127.0.0.1']))
  const asked = async (path: string, header?: string) => {
    const { status, headers, body } = await ask(path, bearer(token, header === undefined ? {} : { 'x-forwarded-client-cert': header }))
    return status === 200 ? [200, body['passport'].lvl] : [status, headers['www-authenticate'], (await log.ofRequest(body['instance']))['event.reason']]
  }
  t.same(await asked('/orders', forwarded(mine)), [200, 3])
  t.same(await asked('/orders'), [401, INVALID, 'binding'])
  t.same(await asked('/orders', forwarded(other)), [401, INVALID, 'binding'])
  t.same(await asked('/orders', `${forwarded(mine)},${forwarded(other)}`), [401, INVALID, 'binding'], 'what the nearest proxy says counts')
  t.same(await asked('/orders', 'nonsense'), [401, INVALID, 'malformed'])
  t.same(await asked('/others', forwarded(mine)), [401, INVALID, 'binding'], 'and only where the route takes its word')
  const { body } = await ask('/machines', { headers: { 'x-forwarded-client-cert': `${forwarded(mine)};DNS=client.test` } })
  t.match(body, { passport: { sub: 'client.test', src: 'mtls', lvl: 3 }, headers: { 'x-forwarded-client-cert': undefined } })

  const untrusting = await guarded(t, setup([]))
  t.equal((await untrusting.ask('/orders', bearer(token, { 'x-forwarded-client-cert': forwarded(mine) }))).status, 401)
  t.equal((await untrusting.ask('/machines', { headers: { 'x-forwarded-client-cert': `${forwarded(mine)};DNS=client.test` } })).status, 401)
})

t.test('a token bound to a key needs a proof of it, that counts once for all gateways', withoutRedis === false ? {} : { skip: withoutRedis }, async t => {
  const [redis, issuer, client, thief, service] = await Promise.all([startRedis(), startIssuer(t), dpopClient(), dpopClient(), startService(t)])
  t.teardown(() => redis.stop())
  const token = await issuer.accessToken({ subject: 'alice', audience: 'orders', jkt: client.jkt })
  const plain = await issuer.accessToken({ subject: 'bob', audience: 'orders' })
  const setup = { gateway: { redis: { url: redis.url, timeout: '2s' } }, issuers: { main: issuerEntry(issuer) }, routes: { orders: ['authenticate', 'passport'], nonces: [{ authenticate: [{ dpop: { nonce: true } }] }, 'passport'] } }
  const [one, two] = [await guarded(t, setup, { service }), await guarded(t, setup, { service })]
  const verdict = async (gateway: typeof one, question: Parameters<typeof one.ask>[1], path = '/orders') => {
    const { status, headers, body } = await gateway.ask(path, question)
    return status === 200 ? 200 : [status, body['code'], headers['www-authenticate'], (await gateway.log.ofRequest(body['instance']))['event.reason']]
  }
  const refused = (error: string, reason: string) => [401, 'GW_UNAUTHENTICATED', `DPoP ${ALGS}, error="${error}"`, reason]

  const proven = await client.request(token)
  const { status, body } = await two.ask('/orders', proven)
  t.equal(status, 200)
  t.match(body['passport'], { sub: 'alice', lvl: 3 })
  t.notOk('dpop' in body['headers'] || 'authorization' in body['headers'])
  t.same(await verdict(two, proven), refused('invalid_dpop_proof', 'replayed'))
  t.same(await verdict(one, proven), refused('invalid_dpop_proof', 'replayed'), 'nor at the gateway beside it')
  const shared = await client.request(token)
  const together = await Promise.all([one, two, one, two].map(async gateway => (await gateway.ask('/orders', shared)).status))
  t.same(together.sort(), [200, 401, 401, 401])
  t.equal(await verdict(one, await client.request(token)), 200, 'the next proof counts')

  t.same(await verdict(one, await thief.request(token)), refused('invalid_token', 'binding'))
  t.same(await verdict(one, await client.request(token, '/elsewhere')), refused('invalid_dpop_proof', 'proof'))
  t.same(await verdict(one, bearer(token)), [401, 'GW_UNAUTHENTICATED', INVALID, 'binding'], 'a bound token is no bearer token')

  const challenged = await one.ask('/nonces', await client.request(token, '/nonces'))
  t.equal(challenged.headers['www-authenticate'], `DPoP ${ALGS}, error="use_dpop_nonce"`)
  t.equal(await verdict(two, await client.request(token, '/nonces', String(challenged.headers['dpop-nonce'])), '/nonces'), 200, 'every gateway knows the nonces of the others')

  const fresh = await client.request(token)
  await redis.stop()
  t.same(await verdict(one, fresh), [503, 'GW_IDENTITY_UNAVAILABLE', undefined, 'unavailable'])
  t.equal(await verdict(one, bearer(plain)), 200, 'who needs no store is served without')
  t.equal((await askPort(one.admin, '/readyz')).status, 200)
  const secrets = [token, plain, (proven.headers as Record<string, string>)['dpop']!]
  for (const { log } of [one, two]) t.notOk(secrets.some(secret => log.text.includes(secret.split('.')[2]!)))
})
