import { hash } from 'node:crypto'
import {
  BREAKER_DEFAULTS, BreakerRefusal, challenge, ClaimNamesSchema, Config, ConfigError, Duration, IssuerError, List, onePerConfiguration, pattern, Refusal, Regex, Type,
  type Exchange, type OAuthClient, type Services, type Verdict
} from '../../../../src/contract/index.ts'
import { accessToken, dropAuthorization, isJwtShaped } from '../authorization.ts'
import { bearerBinding } from '../binding.ts'
import { unacceptable } from './introspection-checks.ts'
import { introspectedPrincipal, type MemberNames } from './introspection-principal.ts'
import { tokenChallenge } from '../token-challenge.ts'
import { VerdictCache, type Finding } from '../verdict-cache.ts'
import { defineWay } from '../way.ts'

const OPAQUE = /^[A-Za-z0-9._~+/=-]{16,2048}$/
const LONGEST = 8192
const TOO_LARGE = new Refusal('too-large', 'token')
/** Errors that are about the gateway and not about the token (RFC 6749 5.2). */
const OWN_FAULTS: ReadonlySet<string> = new Set(['invalid_client', 'unauthorized_client'])
const NOT_OPAQUE = new Refusal('malformed', 'not the shape of an opaque token')

interface Options { readonly issuer: string, readonly cache: number, readonly negativeCache: number, readonly audiences?: 'any' | readonly string[] | undefined, readonly maxConcurrent: number, readonly claims: MemberNames }

/** An opaque access token that its issuer is asked about (RFC 7662). */
export const introspection = defineWay({
  name: 'introspection',
  needsIssuers: true,
  config: Config({
    issuer: Type.Optional(Type.String({ minLength: 1, description: 'Issuer to ask; it needs a `client`. Default: the one in `issuers`, where that is only one.' })),
    shape: Type.Optional(Regex({ description: 'Pattern (RE2 syntax) that a token fits as a whole before anybody is asked about it. Default: 16 to 2048 characters of a token that do not look like a JWT.' })),
    cache: Duration({ default: '60s', description: 'How long an active token is not asked about again; never past its `exp`. For so long a revoked one still gets in.' }),
    negativeCache: Duration({ default: '5s', description: 'How long a refused token is not asked about again.' }),
    audiences: Type.Optional(Type.Union([Type.Literal('any'), List(Type.String({ minLength: 1 }))], { 'x-expects': 'a list of audiences, or any', description: 'One of these must be in `aud`, to the letter. Default: those of the issuer. `any`: for an issuer that does not say whom a token is for.' })),
    maxConcurrent: Type.Integer({ minimum: 1, maximum: 10000, default: 32, description: 'Questions under way at one time; who comes then gets 503.' }),
    claims: ClaimNamesSchema
  }),

  create: ({ shape, issuer, ...options }, { place: { services }, ways, issuers, certificate, realm }) => {
    const ask = introspector(services, { ...options, issuer: chosen(issuer, issuers) })
    const fits = shapeOf(shape)
    const leavesJwts = ways.includes('bearer')
    const bound = (verdict: Verdict, x: Exchange): Verdict => verdict instanceof Refusal ? verdict : bearerBinding(verdict, x, certificate) ?? verdict

    return {
      challenge: challenge('Bearer', { realm }),
      authenticate: (x, authorization) => {
        const token = accessToken(x, authorization, 'bearer')
        if (typeof token !== 'string') return token
        if (token.length > LONGEST) return TOO_LARGE
        // Every token is somebody's: one that nobody took would be no credential at all
        if (!fits(token)) return leavesJwts && isJwtShaped(token) ? undefined : NOT_OPAQUE
        const verdict = ask(token)
        return verdict instanceof Promise ? verdict.then(late => bound(late, x)) : bound(verdict, x)
      },
      refusalChallenge: refusal => tokenChallenge('Bearer', refusal, { realm }),
      consume: (x, authorization) => { dropAuthorization(x, authorization, 'bearer') }
    }
  }
})

function chosen (issuer: string | undefined, issuers: readonly string[]): string {
  if (issuer === undefined && issuers.length > 1) throw new ConfigError('GW_CONFIG_INVALID', '', `"issuer" is missing: one of ${issuers.join(', ')}`)
  if (issuer !== undefined && !issuers.includes(issuer)) throw new ConfigError('GW_CONFIG_UNKNOWN_ISSUER', '/issuer', `not one of the issuers that count here: ${issuers.join(', ')}`)
  return issuer ?? issuers[0]!
}

function shapeOf (shape: string | undefined): (token: string) => boolean {
  if (shape === undefined) return token => OPAQUE.test(token) && !isJwtShaped(token)
  const fits = pattern(shape, '/shape')
  return token => fits.matches(token)
}

/** One for all routes with the same options: the same cache, breaker and bulkhead. */
const introspector = (services: Services, options: Options): (token: string) => Verdict | Promise<Verdict> => {
  const client = services.issuers.client(options.issuer, '/issuer')
  return onePerConfiguration(services, 'introspection', options, () => asking(services, client, options))
}

function asking ({ clock, breaker, log }: Services, client: OAuthClient, { issuer, audiences, cache, negativeCache, claims, maxConcurrent }: Options) {
  const verdicts = new VerdictCache({ clock, maxGood: 10_000, maxOthers: 1_000 })
  const expected = { issuer: client.issuer, audiences: audiences === 'any' ? null : audiences ?? client.audiences, clients: client.clients }
  const guard = breaker({ name: `introspection ${issuer}`, ...BREAKER_DEFAULTS, maxConcurrent })

  const told = (error: unknown): never => {
    if (error instanceof IssuerError) log.warn({ error, 'gatehouse.issuer': issuer }, 'the issuer cannot be asked about tokens')
    throw error
  }
  const find = async (token: string): Promise<Finding> => {
    const members = await guard.run(() => client.introspect(token).catch(objection)).catch(told)
    if (members instanceof IssuerError) throw members
    const now = clock.now()
    const verdict = unacceptable(members, expected, now) ?? introspectedPrincipal(members, claims, client.issuer, token)
    return { verdict, forMs: verdict instanceof Refusal ? negativeCache : Math.min(verdict.expiresAt - now, cache) }
  }
  return (token: string): Verdict | Promise<Verdict> => {
    const verdict = verdicts.get(hash('sha256', token, 'base64url'), () => find(token))
    return verdict instanceof Promise ? verdict.catch(unavailable) : verdict
  }
}

/** What the issuer has against the question is an answer all the same: whoever sends such tokens must not open the breaker for everybody. */
function objection (error: unknown): IssuerError {
  if (error instanceof IssuerError && error.kind === 'refused' && error.error !== null && !OWN_FAULTS.has(error.error)) return error
  throw error
}

/** Nobody is let in, and nobody told that his token is bad, because the issuer could not say. */
function unavailable (error: unknown): Refusal {
  if (error instanceof BreakerRefusal || error instanceof IssuerError) return new Refusal('unavailable', `introspection: ${error.message}`)
  throw error
}
