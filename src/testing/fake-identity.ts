import { ConfigError } from '../contract/config-error.ts'
import { IssuerError, Refusal, type Issuers, type KeyRings, type OAuthClient, type Sessions, type TokenSet, type Verdict } from '../contract/identity.ts'

/** What the issuers of a test say. */
export interface FakeIssuersOptions {
  /** Name in the route file -> exact `iss`. Default: `main`, `https://issuer.test`. */
  issuers?: Readonly<Record<string, string>>
  /** What each token is; one that is not here has a bad signature. A promise makes the verifier wait. */
  tokens?: Readonly<Record<string, Verdict | Promise<Verdict>>>
  /** Calls of the OAuth client; one that is not given fails as unavailable. */
  client?: Partial<OAuthClient>
}

/** Issuers that know these tokens and no others. */
export function fakeIssuers ({ issuers = { main: 'https://issuer.test' }, tokens = {}, client = {} }: FakeIssuersOptions = {}): Issuers {
  const known = (name: string, pointer: string): string => {
    if (!Object.hasOwn(issuers, name)) throw new ConfigError('GW_CONFIG_UNKNOWN_ISSUER', pointer, `no issuer is named "${name}"`)
    return issuers[name]!
  }
  return {
    names: Object.keys(issuers),
    verifier: (names, pointer) => ({
      issuers: names.map(name => known(name, pointer)),
      verify: token => Object.hasOwn(tokens, token) ? tokens[token]! : new Refusal('signature')
    }),
    client: (name, pointer) => ({ ...DOWN, clientId: 'gateway', issuer: known(name, pointer), audiences: null, clients: null, ...client })
  }
}

const down = async (): Promise<never> => { throw new IssuerError('unavailable', 'no such call in this test') }
const DOWN: Omit<OAuthClient, 'clientId' | 'issuer' | 'audiences' | 'clients'> = {
  authorizationUrl: down, redeemCode: down, refresh: down, clientCredentials: down, exchange: down, introspect: down, endSessionUrl: down, verifyLogoutToken: down
}

/** A token endpoint's answer with everything optional left out. */
export function tokenSet (known: Partial<TokenSet> & Pick<TokenSet, 'accessToken'>): TokenSet {
  return { tokenType: 'Bearer', expiresAt: null, refreshToken: null, idToken: null, idClaims: null, scopes: [], ...known }
}

/** Rings whose signatures are worth nothing: `<ring>.<algorithm>:<type>:<audience>.<claims as base64url JSON>`. `signed` keeps the claims of each. */
export interface FakeKeys extends KeyRings { signed: Readonly<Record<string, unknown>>[] }

/** Makes them; by default `passport` and `session`. */
export function fakeKeys (names: readonly string[] = ['passport', 'session']): FakeKeys {
  const signed: FakeKeys['signed'] = []
  return {
    signed,
    ring: (name, pointer) => {
      if (!names.includes(name)) throw new ConfigError('GW_CONFIG_UNKNOWN_KEY_RING', pointer, `no key ring is named "${name}"`)
      return {
        name,
        signer: ({ algorithm, type, audience }) => ({
          sign: claims => {
            signed.push(claims)
            return `${name}.${algorithm}:${type}:${audience}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}`
          }
        })
      }
    }
  }
}

/** Sessions of which there is none: `open` gives null, everything else succeeds with nothing. Those in `over` take their place. */
export function fakeSessions (over: Partial<Sessions> = {}): Sessions {
  return {
    cookie: '__Host-gatehouse',
    open: async () => null,
    start: async () => [],
    end: async () => [],
    logOut: async () => true,
    seal: async (_purpose, value) => Buffer.from(JSON.stringify(value)).toString('base64url'),
    unseal: async (_purpose, sealed) => JSON.parse(Buffer.from(sealed, 'base64url').toString()) as Readonly<Record<string, unknown>>,
    ...over
  }
}
