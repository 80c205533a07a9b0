import type { JsonObject } from './is-record.ts'

/** Authentication methods (RFC 8176 2) by the factor they are: what one knows, has, is. */
const FACTORS: Readonly<Record<string, string>> = {
  pwd: 'knows',
  pin: 'knows',
  kba: 'knows',
  otp: 'has',
  sms: 'has',
  tel: 'has',
  hwk: 'has',
  swk: 'has',
  sc: 'has',
  fpt: 'is',
  face: 'is',
  iris: 'is',
  retina: 'is',
  vbm: 'is'
}

/** Registered or published values of `acr` that mean several factors. */
const SEVERAL: ReadonlySet<unknown> = new Set([
  'mfa', 'aal2', 'aal3', 'https://refeds.org/profile/mfa', 'http://schemas.openid.net/pape/policies/2007/06/multi-factor',
  'http://idmanagement.gov/ns/assurance/aal/2', 'http://idmanagement.gov/ns/assurance/aal/3'
])

/** Whether `amr` or `acr` say that who is calling was proved by more than one factor. */
export function severalFactors ({ amr, acr }: JsonObject): boolean {
  if (SEVERAL.has(acr)) return true
  if (!Array.isArray(amr)) return false
  const known = amr.filter(method => typeof method === 'string' && Object.hasOwn(FACTORS, method)).map(method => FACTORS[method as string])
  return amr.includes('mfa') || new Set(known).size > 1
}
