import { AnswerCache, BreakerRefusal, onePerConfiguration, tokenAnswer, type Answer, type Breaker, type Clock, type Log, type OAuthClient, type Services } from '../../../src/contract/index.ts'

/** What to ask the issuer for. */
export interface TokenRequest { readonly issuer: string, readonly scopes: readonly string[], readonly audience?: string, readonly resource?: string }

/** One token is asked for once in a while: few calls must tell. */
const BREAKER = { window: 10, minimumCalls: 5, failureRate: 0.5, openForMs: 10_000, halfOpenCalls: 1, maxConcurrent: 4 }

/** The gateway's own token at one issuer for one purpose. */
class OwnToken {
  readonly #tokens: AnswerCache<string>
  readonly #client: OAuthClient
  readonly #breaker: Breaker
  readonly #request: TokenRequest
  readonly #clock: Clock
  readonly #log: Log

  constructor (request: TokenRequest, client: OAuthClient, { breaker, clock, log }: Services) {
    this.#tokens = new AnswerCache({ clock, maxEntries: 1, renewAhead: 0.2, cooldownMs: 1000 })
    this.#client = client
    this.#breaker = breaker({ name: `client-credentials ${request.issuer}`, ...BREAKER })
    this.#request = request
    this.#clock = clock
    this.#log = log
  }

  /** At once while there is one. Rejects where there is none, nor one to be had. */
  get (): string | Promise<string> {
    return this.#tokens.get('', this.#ask)
  }

  readonly #ask = async (): Promise<Answer<string>> => {
    const { issuer, ...parameters } = this.#request
    try {
      return tokenAnswer(await this.#breaker.run(() => this.#client.clientCredentials(parameters)), this.#clock.now())
    } catch (error) {
      // While the breaker is open, who opened it has been told
      if (!(error instanceof BreakerRefusal)) this.#log.warn({ error, 'gatehouse.issuer': issuer }, 'no token of its own for the gateway')
      throw error
    }
  }
}

/** The token that all routes of a configuration share where they ask for the same. ConfigError at `/issuer` where the gateway is no client of it. */
export function ownToken (request: TokenRequest, services: Services): OwnToken {
  const client = services.issuers.client(request.issuer, '/issuer')
  const sorted = { ...request, scopes: request.scopes.toSorted() }
  return onePerConfiguration(services, 'client-credentials', sorted, () => new OwnToken(request, client, services))
}
