import { hash } from 'node:crypto'
import { AnswerCache, BREAKER_DEFAULTS, BreakerRefusal, IssuerError, onePerConfiguration, tokenAnswer, type Answer, type Breaker, type Clock, type Log, type OAuthClient, type Services, type TokenSet } from '../../../src/contract/index.ts'
import type { Subject } from './subject.ts'

/** What to exchange tokens for, and where. */
export interface ExchangeRequest { readonly issuer: string, readonly scopes: readonly string[], readonly audience?: string, readonly resource?: string }

/** The issuer does not exchange this token. */
export class Refused {}
/** The new token, or none. */
export type Outcome = string | Refused

const MAX_CONCURRENT = 64
const MAX_TOKENS = 10_000
const REFUSED = new Refused()
const REFUSED_FOR_MS = 5_000
/** Errors that are the gateway's own fault and no judgement on the caller (RFC 6749 5.2). */
const OWN_FAULTS = new Set(['invalid_client', 'unauthorized_client', 'unsupported_grant_type'])

/** Tokens of callers, exchanged at one issuer for one purpose (RFC 8693). */
class ExchangedTokens {
  readonly #tokens: AnswerCache<Outcome>
  readonly #client: OAuthClient
  readonly #breaker: Breaker
  readonly #request: ExchangeRequest
  readonly #clock: Clock
  readonly #log: Log

  constructor (request: ExchangeRequest, client: OAuthClient, { breaker, clock, log }: Services) {
    this.#tokens = new AnswerCache({ clock, maxEntries: MAX_TOKENS, renewAhead: 0.2, cooldownMs: 1000 })
    this.#client = client
    this.#breaker = breaker({ name: `token-exchange ${request.issuer}`, ...BREAKER_DEFAULTS, maxConcurrent: MAX_CONCURRENT })
    this.#request = request
    this.#clock = clock
    this.#log = log
  }

  /** At once where this token was exchanged before. Rejects where the issuer cannot be asked, or its answer is of no use. */
  get (subject: Subject): Outcome | Promise<Outcome> {
    return this.#tokens.get(hash('sha256', subject.token, 'base64url'), () => this.#ask(subject))
  }

  async #ask ({ token, expiresAt }: Subject): Promise<Answer<Outcome>> {
    const { issuer, ...parameters } = this.#request
    try {
      const answer = await this.#breaker.run(() => this.#exchange({ ...parameters, subjectToken: token }))
      if (answer instanceof Refused) return { value: answer, freshForMs: REFUSED_FOR_MS }
      return this.#kept(answer, expiresAt)
    } catch (error) {
      // While the breaker is open, who opened it has been told
      if (!(error instanceof BreakerRefusal)) this.#log.warn({ error, 'gatehouse.issuer': issuer }, 'token not exchanged')
      throw error
    }
  }

  /** An answer about the caller is no failure of the issuer. */
  async #exchange (parameters: Parameters<OAuthClient['exchange']>[0]): Promise<TokenSet | Refused> {
    try {
      return await this.#client.exchange(parameters)
    } catch (error) {
      if (!(error instanceof IssuerError) || error.kind !== 'refused' || OWN_FAULTS.has(error.error ?? '')) throw error
      this.#log.info({ error, 'gatehouse.issuer': this.#request.issuer }, 'token exchange refused')
      return REFUSED
    }
  }

  /** No longer than the token it was made from lives, and with no more than was asked for (RFC 8693 2.1). */
  #kept (tokens: TokenSet, subjectExpiresAt: number): Answer<Outcome> {
    const asked = this.#request.scopes
    if (asked.length > 0 && !tokens.scopes.every(scope => asked.includes(scope))) throw new IssuerError('unavailable', 'the exchanged token has scopes that were not asked for')
    return tokenAnswer(tokens, this.#clock.now(), subjectExpiresAt)
  }
}

/** What all routes of a configuration share that exchange for the same. ConfigError at `/issuer` where the gateway is no client of it. */
export function tokenExchange (request: ExchangeRequest, services: Services): ExchangedTokens {
  const client = services.issuers.client(request.issuer, '/issuer')
  const sorted = { ...request, scopes: request.scopes.toSorted() }
  return onePerConfiguration(services, 'token-exchange', sorted, () => new ExchangedTokens(request, client, services))
}
