import { memoryStore } from '../../../../src/adapters/memory-store.ts'
import { MetricRegistry } from '../../../../src/adapters/metric-registry.ts'
import type { Exchange } from '../../../../src/contract/exchange.ts'
import type { OAuthClient, TokenSet } from '../../../../src/contract/identity.ts'
import { principal } from '../../../../src/contract/principal.ts'
import type { Store } from '../../../../src/contract/store.ts'
import { sealsOf, type Seals } from '../../../../src/identity/sessions/seals.ts'
import { BrowserSessions, type BrowserSessionsOptions } from '../../../../src/identity/sessions/browser-sessions.ts'
import { exchange, fakeClock, fakeIssuers, fakeLog, tokenSet, type FakeClock, type TestRequest } from '../../../../src/testing/index.ts'

export const HOUR = 3_600_000
export const START = Date.UTC(2026, 10, 20)
export const SETTINGS = { ring: 'session', cookie: '__Host-gatehouse', lifetime: 8 * HOUR, idle: HOUR }

export const CLAIMS = { sub: 'alice', sid: 'sid-1', iss: 'https://issuer.test' }
/** Tokens that need no refresh as long as the session lasts. */
export const LONG = { expiresAt: null, refreshToken: null }

/** Seals with one key of zeros. */
export const testSeals = (): Seals => sealsOf([{ kid: 'k1', k: new Uint8Array(32) }])

/** Tokens of alice that end five minutes after `now`. */
export const alice = (now: number, known: Partial<TokenSet> = {}): TokenSet => tokenSet({
  accessToken: 'access-1',
  expiresAt: now + 300_000,
  refreshToken: 'refresh-1',
  idToken: idToken({ ...CLAIMS, roles: ['clerk'], tenant: 'acme' }),
  idClaims: { ...CLAIMS, roles: ['clerk'], tenant: 'acme' },
  scopes: ['openid', 'read'],
  ...known
})

/** Who the claims of alice's ID token say is calling. */
const aliceOf: BrowserSessionsOptions['principalOf'] = (_, { roles, tenant }) =>
  principal({ subject: 'alice', issuer: CLAIMS.iss, client: 'gateway', roles: Array.isArray(roles) ? roles : [], tenant: typeof tenant === 'string' ? tenant : null, source: 'jwt', level: 2 })

/** A JWT as far as its claims go. */
export const idToken = (claims: object): string => `${base64url({ alg: 'RS256' })}.${base64url(claims)}.c2lnbmF0dXJl`
const base64url = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')

/** A browser's cookies, and the requests it makes with them. */
export class TestBrowser {
  readonly jar = new Map<string, string>()

  request (request: TestRequest = {}): Exchange {
    return exchange({ ...request, ownCookies: Object.fromEntries(this.jar) })
  }

  /** As a browser takes Set-Cookie; throws where the prefix forbids it (RFC 6265bis 4.1.3.2). */
  take (cookies: readonly string[]): void {
    for (const cookie of cookies) {
      const [pair = '', ...attributes] = cookie.split('; ')
      const [name = '', ...value] = pair.split('=')
      if (!['Path=/', 'Secure', 'HttpOnly', 'SameSite=Lax'].every(one => attributes.includes(one)) || cookie.includes('Domain')) throw new Error(`not as it must be: ${cookie}`)
      if (pair.length > 4096) throw new Error('a browser drops this')
      if (attributes.includes('Max-Age=0')) this.jar.delete(name)
      else this.jar.set(name, value.join('='))
    }
  }
}

/** Sessions of a gateway in a test, and all around them. */
export interface TestGateway { sessions: BrowserSessions, store: Store, clock: FakeClock, log: ReturnType<typeof fakeLog>, events: (event: string) => number, refreshes: string[] }

/** Makes one; `refresh` answers for the token endpoint. */
export function testGateway ({ refresh, ...over }: Partial<BrowserSessionsOptions> & { refresh?: OAuthClient['refresh'], clock?: FakeClock } = {}): TestGateway {
  const clock = over.clock ?? fakeClock(START)
  const store = over.store ?? memoryStore(clock)
  const log = fakeLog()
  const registry = new MetricRegistry()
  const refreshes: string[] = []
  const issuers = fakeIssuers({
    client: {
      refresh: async token => {
        refreshes.push(token)
        return await (refresh ?? (async () => alice(clock.now(), { accessToken: `access-${refreshes.length + 1}`, refreshToken: `refresh-${refreshes.length + 1}`, idToken: null, idClaims: null, scopes: [] })))(token)
      }
    }
  })
  const sessions = new BrowserSessions({ settings: SETTINGS, seals: testSeals(), log, metrics: registry.scope({}), clientOf: name => issuers.client(name, ''), principalOf: aliceOf, ...over, clock, store })
  const events = (event: string) => registry.samples().filter(({ name, labels }) => name === 'gatehouse_sessions_total' && labels['event'] === event).reduce((sum, { value }) => sum + value, 0)
  return { sessions, store, clock, log, events, refreshes }
}

/** The same store as other processes see it, and what of it they could read. */
export function sharedStore (clock: FakeClock): Store & { readonly written: Map<string, string> } {
  const written = new Map<string, string>()
  const store = memoryStore(clock)
  return {
    ...store,
    shared: true,
    written,
    set: async (key, value, ttlMs) => {
      written.set(key, value)
      await store.set(key, value, ttlMs)
    }
  }
}

/** A browser that has logged in. */
export async function loggedIn (gateway: TestGateway, tokens: Partial<TokenSet> = LONG): Promise<TestBrowser> {
  const browser = new TestBrowser()
  browser.take(await gateway.sessions.start(browser.request(), 'main', alice(gateway.clock.now(), tokens)))
  return browser
}
