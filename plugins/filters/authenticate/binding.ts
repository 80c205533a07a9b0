import { Refusal, type Exchange, type Principal } from '../../../src/contract/index.ts'
import type { CertificateSource } from './way.ts'

/**
 * Why a token that came without a DPoP proof may not be used, null where it may: a key-bound one is no bearer token
 * (RFC 9449 7.2), and a certificate-bound one needs its certificate (RFC 8705 3).
 */
export function bearerBinding (principal: Principal, x: Exchange, certificate: CertificateSource): Refusal | null {
  const { confirmation } = principal
  if (confirmation === null) return null
  if (confirmation.jkt !== undefined) return new Refusal('binding', 'bound to a DPoP key, presented as Bearer')
  return certificateBinding(principal, x, certificate) ?? (confirmation.x5tS256 === undefined ? new Refusal('binding', 'bound in a way nobody here can check') : null)
}

/** Why a token that is bound to a client certificate may not be used with that of the request; null where it may, or is bound to none. */
export function certificateBinding ({ confirmation }: Principal, x: Exchange, certificate: CertificateSource): Refusal | null {
  const wanted = confirmation?.x5tS256
  if (wanted === undefined) return null
  const presented = certificate(x)
  if (presented instanceof Refusal) return presented
  return presented?.thumbprint === wanted ? null : new Refusal('binding', presented === null ? 'no client certificate' : 'another client certificate')
}
