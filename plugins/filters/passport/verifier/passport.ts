import { PassportError } from './passport-error.ts'

/** The verified claims of a passport: who is calling, as the gateway has proved it. */
export interface Passport {
  /** The gateway. */
  readonly iss: string
  /** Who it is for. */
  readonly aud: string | readonly string[]
  /** Seconds since the epoch: made, and not good any more (RFC 7519 4.1). */
  readonly iat: number
  readonly exp: number
  /** Who is calling; undefined for a caller that nobody knows (`lvl` 0). */
  readonly sub?: string
  /** The issuer that vouches for them: `sub` is one of its subjects. */
  readonly idp?: string
  /** The client (application) that calls for them. */
  readonly cid?: string
  readonly scp?: readonly string[]
  /** Tenant. */
  readonly ten?: string
  readonly dev?: { readonly id?: string, readonly type?: string }
  /** Methods and class of authentication (OIDC Core 2). */
  readonly amr?: readonly string[]
  readonly acr?: string
  /** 0 nobody, 1 a shared secret, 2 a token or session, 3 a bound token, a certificate or several factors. */
  readonly lvl: 0 | 1 | 2 | 3
  /** How the caller was proved; undefined for `lvl` 0. */
  readonly src?: 'jwt' | 'opaque' | 'api-key' | 'basic' | 'session' | 'mtls' | 'test'
  /** Who really acts, where somebody acts for `sub` (RFC 8693 4.1). */
  readonly act?: Readonly<Record<string, unknown>>
  /** The request is a copy for a shadow, and another one is answered to the client: change nothing that matters. */
  readonly shd?: boolean
  /** The request it is bound to: request id and digest. */
  readonly txn?: string
  readonly req?: string
  /** Facts that an enrichment service knows. */
  readonly ctx?: Readonly<Record<string, unknown>>
  /** Claims that the route copies. */
  readonly [claim: string]: unknown
}

const isText = (value: unknown): boolean => typeof value === 'string'
const isTime = (value: unknown): boolean => typeof value === 'number' && Number.isFinite(value) && value >= 0
const isTexts = (value: unknown): boolean => Array.isArray(value) && value.every(isText)
const isRecord = (value: unknown): boolean => typeof value === 'object' && value !== null && !Array.isArray(value)

const REQUIRED: Readonly<Record<string, (value: unknown) => boolean>> = {
  iss: isText,
  aud: value => isText(value) || isTexts(value),
  iat: isTime,
  exp: isTime,
  lvl: value => value === 0 || value === 1 || value === 2 || value === 3
}

const OPTIONAL: Readonly<Record<string, (value: unknown) => boolean>> = {
  sub: isText, idp: isText, cid: isText, scp: isTexts, ten: isText, dev: isRecord, amr: Array.isArray, acr: isText, src: isText, act: isRecord, txn: isText, req: isText, ctx: isRecord, shd: value => typeof value === 'boolean'
}

/** The claims as a passport. Throws PassportError where one is missing or of another type. */
export function checkedClaims (claims: Readonly<Record<string, unknown>>): Passport {
  const wrong = Object.keys(REQUIRED).find(name => !REQUIRED[name]!(claims[name])) ??
    Object.keys(OPTIONAL).find(name => claims[name] !== undefined && !OPTIONAL[name]!(claims[name]))
  if (wrong !== undefined) throw new PassportError('invalid-claim', `the claim "${wrong}" is missing or not of its type`)
  if ((claims['lvl'] === 0) !== (claims['sub'] === undefined)) throw new PassportError('invalid-claim', '"lvl" and "sub" do not go together')
  return claims as Passport
}
