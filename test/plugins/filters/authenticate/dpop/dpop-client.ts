import { createHash, randomUUID, type webcrypto } from 'node:crypto'
import { calculateJwkThumbprint, exportJWK, generateKeyPair, SignJWT, type JWK } from 'jose'
import authenticate from '../../../../../plugins/filters/authenticate/index.ts'
import { principal, type Principal, type Refusal } from '../../../../../src/contract/index.ts'
import { fakeClock, fakeIssuers, mount, type FakeServices, type MountedFilter, type TestRequest } from '../../../../../src/testing/index.ts'

export const TOKEN = 'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhbm4ifQ.c2ln'
export const NOW = Date.parse('2026-03-01T00:00:00Z')
export const ALGS = 'algs="ES256 EdDSA PS256 RS256"'
export const sha256 = (text: string): string => createHash('sha256').update(text).digest('base64url')

/** A client with its key. jose makes the proofs, which has read the same RFCs and none of the gateway's code. */
export interface Client { privateKey: webcrypto.CryptoKey, jwk: JWK, jkt: string, alg: string }

/** Makes one. */
export async function client (alg = 'ES256'): Promise<Client> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true })
  const jwk = await exportJWK(publicKey)
  return { privateKey, jwk, jkt: await calculateJwkThumbprint(jwk), alg }
}

/** What a proof has in place of what it should; `by`: who signs it. */
export interface Changes { header?: Record<string, unknown>, claims?: Record<string, unknown>, by?: Client }

/** The claims of a proof for `request`, without time and jti. */
export const GOOD = { htm: 'GET', htu: 'http://gateway.test/orders', ath: sha256(TOKEN) }

/** Two clients. */
export const ann = await client()
export const eve = await client()

/** A proof that is good but for the changes. */
export async function proof (who = ann, { header = {}, claims = {}, by = who }: Changes = {}): Promise<string> {
  return await new SignJWT({ jti: randomUUID(), iat: NOW / 1000, ...GOOD, ...claims })
    .setProtectedHeader({ typ: 'dpop+jwt', alg: who.alg, jwk: who.jwk, ...header }).sign(by.privateKey)
}

/** The caller whose token is bound to a key. */
export const bound = (jkt: string = ann.jkt, known: Partial<Principal> = {}): Principal =>
  principal({ subject: 'ann', source: 'jwt', level: 3, confirmation: { jkt }, ...known })

/** The room with the way `dpop`, to which TOKEN is `caller`. */
export function room (options: object = {}, caller: Principal | Refusal = bound(), services: Partial<FakeServices> = {}): MountedFilter {
  return mount(authenticate, { ways: ['bearer', { dpop: options }] }, {}, { services: { clock: fakeClock(NOW), issuers: fakeIssuers({ tokens: { [TOKEN]: caller } }), ...services } })
}

/** A request with TOKEN and this proof. */
export const request = (dpop: string | string[], over: TestRequest = {}): TestRequest => ({ target: '/orders', ...over, headers: { authorization: `DPoP ${TOKEN}`, dpop } })
