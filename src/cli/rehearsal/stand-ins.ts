import type { Issuers, KeyRings, OAuthClient, TokenSet } from '../../contract/identity.ts'

/** What stands for a token in a rehearsal. What is printed goes into tickets and chats: nothing in it may be good for anything. */
export const REHEARSED_TOKEN = 'token-of-a-rehearsal'

const NO_SIGNATURE = Buffer.from('not signed in a rehearsal').toString('base64url')

/** Rings that write what they would sign, without a signature. */
export const unsigned = (keys: KeyRings): KeyRings => ({
  ring: (name, pointer) => {
    const ring = keys.ring(name, pointer)
    return {
      name,
      signer: options => {
        const signer = ring.signer(options)
        return { sign: claims => `${signer.sign(claims).split('.').slice(0, 2).join('.')}.${NO_SIGNATURE}` }
      }
    }
  }
})

/** Issuers that nobody asks: tokens for upstreams are stand-ins, all else is as unavailable as it would be offline. */
export const unasked = (issuers: Issuers): Issuers => ({
  names: issuers.names,
  verifier: (names, pointer) => issuers.verifier(names, pointer),
  client: (name, pointer) => givingStandIns(issuers.client(name, pointer))
})

function givingStandIns (client: OAuthClient): OAuthClient {
  const give = async ({ scopes }: { scopes: readonly string[] }): Promise<TokenSet> =>
    ({ accessToken: REHEARSED_TOKEN, tokenType: 'Bearer', expiresAt: null, refreshToken: null, idToken: null, idClaims: null, scopes })
  const { clientId, issuer, audiences, clients } = client
  return {
    clientId,
    issuer,
    audiences,
    clients,
    clientCredentials: give,
    exchange: give,
    authorizationUrl: request => client.authorizationUrl(request),
    redeemCode: (callback, request) => client.redeemCode(callback, request),
    refresh: token => client.refresh(token),
    introspect: token => client.introspect(token),
    endSessionUrl: parameters => client.endSessionUrl(parameters),
    verifyLogoutToken: token => client.verifyLogoutToken(token)
  }
}
