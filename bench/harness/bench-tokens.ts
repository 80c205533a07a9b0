import { generateKeyPairSync, sign } from 'node:crypto'

export const ISSUER = 'https://issuer.bench.test'
export const AUDIENCE = 'bench'

/** Access tokens of as many different callers, and the public key they verify with. */
export interface BenchTokens { readonly jwk: object, readonly tokens: readonly string[] }

/** RS256 with 2048 bits, claims as an OpenID Connect provider writes them (RFC 9068 2.2): about 850 characters each. */
export function benchTokens (count: number): BenchTokens {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const header = part({ alg: 'RS256', typ: 'at+jwt', kid: 'bench' })
  const iat = Math.floor(Date.now() / 1000)
  const tokens = Array.from({ length: count }, (_, i) => {
    const input = `${header}.${part(claims(i, iat))}`
    return `${input}.${sign('sha256', Buffer.from(input), privateKey).toString('base64url')}`
  })
  return { jwk: { ...publicKey.export({ format: 'jwk' }), kid: 'bench', alg: 'RS256', use: 'sig' }, tokens }
}

function claims (i: number, iat: number): object {
  return {
    iss: ISSUER,
    sub: `user-${i}`,
    aud: AUDIENCE,
    exp: iat + 86_400,
    iat,
    jti: `f81d4fae-7dec-11d0-a765-${String(i).padStart(12, '0')}`,
    client_id: 'bench-client',
    scope: 'openid orders.read orders.write',
    roles: ['customer', 'reviewer'],
    tenant: `tenant-${i % 10}`
  }
}

function part (value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
