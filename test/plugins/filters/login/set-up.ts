import login from '../../../../plugins/filters/login/index.ts'
import { memoryStore } from '../../../../src/adapters/memory-store.ts'
import { principal, type AuthorizationRequest, type OAuthClient, type Store, type TokenSet } from '../../../../src/contract/index.ts'
import { sealsOf } from '../../../../src/identity/sessions/seals.ts'
import { BrowserSessions } from '../../../../src/identity/sessions/browser-sessions.ts'
import { fakeClock, fakeIssuers, fakeServices, mount, tokenSet, type Called, type MountOptions, type TestReply, type TestRequest } from '../../../../src/testing/index.ts'

const NAVIGATION = { 'sec-fetch-mode': 'navigate', 'sec-fetch-site': 'none', accept: 'text/html' }
export const SETTINGS = { ring: 'session', cookie: '__Host-gatehouse', lifetime: 28_800_000, idle: 3_600_000 }
export const FORM = { 'content-type': 'application/x-www-form-urlencoded' }

/** What a test says otherwise. */
export interface Setting { config?: object, client?: Partial<OAuthClient>, tokens?: Partial<TokenSet>, upstream?: TestReply, options?: MountOptions, store?: Partial<Store>, issuers?: Record<string, string> }

/** The room on a route, the browser in front of it, and what the issuer was asked. */
export function setUp ({ config, client = {}, tokens = {}, upstream = {}, options, store, issuers = { main: 'https://issuer.test', other: 'https://other.test' } }: Setting = {}) {
  const clock = fakeClock(1_800_000_000_000)
  const asked: AuthorizationRequest[] = []
  const redeemed: { callback: string, request: AuthorizationRequest }[] = []
  const known = fakeIssuers({
    issuers,
    client: {
      authorizationUrl: async request => {
        asked.push(request)
        return `https://issuer.test/authorize?state=${request.state}`
      },
      redeemCode: async (callback, request) => {
        redeemed.push({ callback, request })
        return tokenSet({ accessToken: 'access-1', idToken: 'id-token', idClaims: { sub: 'alice', sid: 's1' }, scopes: ['openid'], ...tokens })
      },
      endSessionUrl: async ({ idToken, returnTo }) => `https://issuer.test/end?hint=${idToken}&to=${returnTo}`,
      ...client
    }
  })
  const services = fakeServices({ clock, issuers: known })
  const sessions = new BrowserSessions({
    settings: SETTINGS,
    seals: sealsOf([{ kid: 'k', k: new Uint8Array(32) }]),
    store: { ...memoryStore(clock), ...store },
    clock,
    log: services.log,
    metrics: services.metrics,
    clientOf: name => known.client(name, ''),
    principalOf: (name, { sub }) => principal({ subject: String(sub), issuer: known.client(name, '').issuer, source: 'jwt', level: 2 })
  })
  const mounted = mount(login, { issuer: 'main', ...config }, upstream, { ...options, services: { ...services, sessions } })
  const jar = new Map<string, string>()
  const call = async (request: TestRequest = {}) => {
    const called = await mounted.call({ scheme: 'https', host: 'app.test', headers: NAVIGATION, ownCookies: Object.fromEntries(jar), ...request })
    for (const line of called.reply.headers.all('set-cookie')) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line)!
      if (line.includes('Max-Age=0')) jar.delete(name)
      else jar.set(name, value)
    }
    return called
  }
  const logIn = async (target = '/orders?page=2') => {
    await call({ target })
    return await call({ target: `/oauth2/callback?code=c1&state=${asked.at(-1)!.state}` })
  }
  const count = (name: string, labels: object) => services.registry.samples().filter(one => one.name === name && Object.entries(labels).every(([key, value]) => one.labels[key] === value)).reduce((sum, { value }) => sum + value, 0)
  return { ...mounted, call, logIn, jar, asked, redeemed, clock, sessions, count, services }
}

export const locationOf = ({ reply }: Called): string | undefined => reply.headers.get('location')
export const cookiesOf = ({ reply }: Called): string[] => reply.headers.all('set-cookie')
