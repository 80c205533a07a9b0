import t, { type Test } from 'tap'
import { logIn } from '../peers/authorization-server/log-in.ts'
import { startRedis, withoutRedis } from '../peers/redis-server.ts'
import type { Question } from './ask.ts'
import { guarded, issuerEntry, startIssuer, type Guarded, type Guarding } from './guarded.ts'

const HOST = 'app.test'

/** Cookies of a browser that speaks to a gateway through a proxy which ends TLS. */
class Browser {
  readonly jar = new Map<string, string>()

  request (more: Record<string, string> = {}): Question {
    return { headers: { host: HOST, 'x-forwarded-proto': 'https', accept: 'text/html', cookie: [...this.jar].map(pair => pair.join('=')).join('; '), ...more } }
  }

  async ask (gateway: Guarded, path: string, more: Record<string, string> = {}) {
    const answer = await gateway.ask(path, this.request(more))
    for (const line of answer.headers['set-cookie'] ?? []) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      if (value === '') this.jar.delete(name)
      else this.jar.set(name, value)
    }
    return answer
  }
}

async function start (t: Test, gateway: Record<string, unknown> = {}) {
  const issuer = await startIssuer(t, { clients: [{ client_id: 'gateway', redirect_uris: [`https://${HOST}/app/callback`] }] })
  const setup: Guarding = {
    gateway: { session: { ring: 'session' }, ...gateway },
    issuers: { main: issuerEntry(issuer) },
    keyRings: { passport: 'ephemeral', session: 'ephemeral' },
    routes: {
      app: [{ login: { issuer: 'main', callback: '/app/callback', logout: '/app/logout', backchannelLogout: '/app/ended' } }, 'passport'],
      data: [{ authenticate: { ways: ['session', 'bearer'] } }, 'passport']
    }
  }
  const running = await guarded(t, setup)
  const login = async (browser: Browser) => {
    const away = await browser.ask(running, '/app/page?a=b')
    const back = new URL(await logIn(String(away.headers.location), 'alice'))
    return await browser.ask(running, `${back.pathname}${back.search}`)
  }
  return { ...running, running, setup, issuer, login }
}

t.test('a login is a session: services learn who it is, and the cookie stays here', async t => {
  const { running, login, log } = await start(t)
  const browser = new Browser()
  t.match((await browser.ask(running, '/data')).status, 401)
  t.match(await login(browser), { status: 303, headers: { location: '/app/page?a=b' } })
  for (const path of ['/app/page', '/data']) {
    const { status, body } = await browser.ask(running, path, { 'x-passport': 'forged' })
    t.equal(status, 200, path)
    t.match(body, { passport: { sub: 'alice', ten: 'acme', src: 'session', cid: 'gateway', lvl: 2 }, headers: { cookie: undefined } })
  }
  t.match(await log.find(line => line['url.path'] === '/data' && line['user.id'] === 'alice'), { 'http.response.status_code': 200 })
  const [value = ''] = browser.jar.values()
  t.notOk(log.text.includes(value.slice(-40)))
  browser.jar.set('__Host-gatehouse', `${value.slice(0, -4)}AAAA`)
  t.equal((await browser.ask(running, '/data')).status, 401)
})

t.test('a session outlives a reload, unless its keys or its issuer are gone', async t => {
  const { running, login, setup, issuer, reload } = await start(t)
  const browser = new Browser()
  await login(browser)
  const status = async () => (await browser.ask(running, '/data')).status
  await reload({ ...setup, routes: { ...setup.routes, more: [] }, issuers: { main: issuerEntry(issuer, { clockSkew: '10s' }) } })
  t.equal(await status(), 200)
  const other = await startIssuer(t)
  t.same((await reload({ ...setup, issuers: { other: issuerEntry(other) }, routes: { data: setup.routes['data']! } })).faults, [])
  t.equal(await status(), 401, 'the issuer that vouched for it is none')
  await reload(setup)
  t.equal(await status(), 200)
  await t.rejects(reload({ ...setup, keyRings: { passport: 'ephemeral' } }), { name: 'ConfigErrors', errors: [{ code: 'GW_CONFIG_UNKNOWN_KEY_RING', file: 'routes.yaml', pointer: '/gateway/session/ring' }] })
  t.equal(await status(), 200)
})

t.test('sessions of gateways that share a Redis are refused and not ended while it is away', withoutRedis === false ? {} : { skip: withoutRedis }, async t => {
  const redis = await startRedis()
  t.teardown(() => redis.stop())
  const { running, login, issuer, log } = await start(t, { redis: { url: redis.url, timeout: '2s' } })
  const browser = new Browser()
  await login(browser)
  t.equal((await browser.ask(running, '/data')).status, 200)
  await redis.stop()
  const { status, headers, body } = await browser.ask(running, '/data')
  t.match({ status, body, cookies: headers['set-cookie'] }, { status: 503, body: { code: 'GW_IDENTITY_UNAVAILABLE' }, cookies: undefined })
  t.match(await log.ofRequest(body['instance']), { 'event.reason': 'unavailable' })
  const { status: ofToken } = await running.ask('/data', { headers: { authorization: `Bearer ${await issuer.accessToken({ subject: 'bob', audience: 'orders' })}` } })
  t.equal(ofToken, 200, 'callers with a token need no Redis')
})
