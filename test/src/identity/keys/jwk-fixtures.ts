import { generateKeyPairSync, type JsonWebKey } from 'node:crypto'
import type { TSchema } from 'typebox'
import { IssuerSchema, type IssuerConfig } from '../../../../src/contract/issuers.ts'
import { validate } from '../../../../src/contract/validate.ts'

/** A public JWK as an issuer publishes it. */
export type PublicJwk = JsonWebKey & Record<string, unknown>

/** An EC key of P-256: quick to make. */
export const ecKey = (over: object = {}): PublicJwk => ({ ...generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' }), ...over })

/** An RSA key. */
export const rsaKey = (over: object = {}, modulusLength = 2048, publicExponent = 65537): PublicJwk =>
  ({ ...generateKeyPairSync('rsa', { modulusLength, publicExponent }).publicKey.export({ format: 'jwk' }), ...over })

/** An entry of `issuers:` as the route file would have it. */
export function issuerConfig (written: object = {}): IssuerConfig {
  const { value, faults } = validate(IssuerSchema as TSchema, { issuer: 'https://issuer.test', audiences: 'api', ...written })
  if (value === null) throw new Error(faults.map(fault => fault.message).join('\n'))
  return value as IssuerConfig
}
