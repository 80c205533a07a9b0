/** `gatehouse/passport`: for the services behind the gateway. Needs nothing but Node. */
export { PassportError, type PassportErrorCode } from './passport-error.ts'
export { passportPlugin, type PassportPluginOptions } from './passport-plugin.ts'
export type { Jwk, Jwks } from './passport-key.ts'
export type { Passport } from './passport.ts'
export type { BoundRequest } from './request-digest.ts'
export { verifyPassport, type VerifyOptions } from './verify-passport.ts'
