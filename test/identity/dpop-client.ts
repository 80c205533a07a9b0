import { createHash, randomUUID } from 'node:crypto'
import { calculateJwkThumbprint, exportJWK, generateKeyPair, SignJWT } from 'jose'
import type { Question } from './ask.ts'

/** A client with a key of its own (RFC 9449). */
export interface DpopClient {
  /** What its tokens are bound to. */
  readonly jkt: string
  /** A request with this token, and a proof for it that is good once. */
  request(token: string, path?: string, nonce?: string): Promise<Question>
}

/** The name by which its gateways are known to clients. */
const HOST = 'api.test'

/** Makes one. */
export async function dpopClient (): Promise<DpopClient> {
  const { privateKey, publicKey } = await generateKeyPair('ES256')
  const jwk = await exportJWK(publicKey)
  const proof = async (token: string, path: string, nonce: string | undefined) =>
    await new SignJWT({ jti: randomUUID(), htm: 'GET', htu: `http://${HOST}${path}`, ath: createHash('sha256').update(token).digest('base64url'), ...nonce !== undefined && { nonce } })
      .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk }).setIssuedAt().sign(privateKey)
  return {
    jkt: await calculateJwkThumbprint(jwk),
    request: async (token, path = '/orders', nonce) => ({ headers: { host: HOST, authorization: `DPoP ${token}`, dpop: await proof(token, path, nonce) } })
  }
}
