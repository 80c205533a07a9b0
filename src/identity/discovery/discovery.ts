import { AnswerCache, type Answer } from '../../contract/answer-cache.ts'
import { IssuerError } from '../../contract/identity.ts'
import type { IssuerConfig } from '../../contract/issuers.ts'
import type { Outbound } from '../../contract/outbound.ts'
import type { Clock } from '../../contract/services.ts'
import { fetchDocument, type FetchedDocument } from './fetch-document.ts'
import { isLoopback, urlFault } from './url-fault.ts'

/** What one may ask an issuer's metadata for. */
export type EndpointName = 'jwks' | 'authorization' | 'token' | 'introspection' | 'endSession'

/** An issuer's metadata (OpenID Connect Discovery 3, RFC 8414 2), what the route file says put in its place. */
export interface IssuerMetadata {
  readonly issuer: string
  readonly jwksUri: string | null
  readonly authorizationEndpoint: string | null
  readonly tokenEndpoint: string | null
  readonly introspectionEndpoint: string | null
  readonly endSessionEndpoint: string | null
  /** Every member as it came, with what the route file says put in its place. */
  readonly document: Readonly<Record<string, unknown>>
}

/** What discovery needs of its issuer and of the outside. */
export interface DiscoveryOptions { readonly name: string, readonly config: IssuerConfig, readonly outbound: Outbound, readonly clock: Clock }

const MEMBERS: Readonly<Record<EndpointName, string>> = {
  jwks: 'jwks_uri',
  authorization: 'authorization_endpoint',
  token: 'token_endpoint',
  introspection: 'introspection_endpoint',
  endSession: 'end_session_endpoint'
}

const HOUR_MS = 3_600_000
const FRESH_MS = HOUR_MS
const STALE_MS = 24 * HOUR_MS
const RENEW_AHEAD = 0.2
/** Of what a stranger says, in a message. */
const MAX_QUOTED = 200

/** Where an issuer's metadata is (OpenID Connect Discovery 4): by default behind its identifier. */
export const discoveryUrl = ({ discovery, issuer }: Pick<IssuerConfig, 'discovery' | 'issuer'>): string =>
  discovery ?? `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`

/** The endpoints of one issuer: those of the route file, the others from its metadata, fetched once they are asked for. */
export class Discovery {
  readonly #name: string
  readonly #config: IssuerConfig
  readonly #outbound: Outbound
  readonly #url: string
  /** By their names in the document. */
  readonly #overrides: Readonly<Record<string, string>>
  /** Where the route file gives every endpoint: nobody need be asked. */
  readonly #complete: IssuerMetadata | null
  readonly #cache: AnswerCache<IssuerMetadata>

  constructor ({ name, config, outbound, clock }: DiscoveryOptions) {
    this.#name = name
    this.#config = config
    this.#outbound = outbound
    this.#url = discoveryUrl(config)
    this.#overrides = overrides(config)
    this.#complete = isComplete(config, this.#overrides) ? metadata({ issuer: config.issuer, ...this.#overrides }) : null
    this.#cache = new AnswerCache({ clock, maxEntries: 1, renewAhead: RENEW_AHEAD, cooldownMs: config.jwks.cooldown })
  }

  /** All of it; the same object until it is fetched anew. Rejects with IssuerError(`unavailable`). */
  async metadata (): Promise<IssuerMetadata> {
    return this.#complete ?? await this.#cache.get('', () => this.#ask())
  }

  /** One endpoint, null where the issuer has none. Rejects with IssuerError(`unavailable`). What the route file gives is known without asking. */
  async endpoint (name: EndpointName): Promise<string | null> {
    const member = MEMBERS[name]
    return this.#overrides[member] ?? text((await this.metadata()).document[member])
  }

  async #ask (): Promise<Answer<IssuerMetadata>> {
    const { document } = await this.#fetch()
    const known = { ...document, ...this.#overrides }
    const fault = this.#fault(known)
    if (fault !== null) throw this.#unavailable(fault)
    return { value: metadata(known), freshForMs: FRESH_MS, staleForMs: STALE_MS }
  }

  async #fetch (): Promise<FetchedDocument> {
    const { jwks, ca } = this.#config
    try {
      return await fetchDocument(this.#outbound, { url: this.#url, accept: 'application/json', timeoutMs: jwks.timeout, ca })
    } catch (error) {
      throw this.#unavailable((error as Error).message, { cause: error })
    }
  }

  /** Whoever answers for another issuer must not be believed (RFC 8414 3.3), nor endpoints that others could answer for. */
  #fault (document: Readonly<Record<string, unknown>>): string | null {
    const { issuer } = document
    if (issuer !== this.#config.issuer) return `the document is that of another issuer, and not of ${this.#config.issuer}: ${JSON.stringify(issuer)?.slice(0, MAX_QUOTED) ?? 'it does not say of which'}`
    // A document from elsewhere has no say about the services of this host
    const rules = { insecureHttp: this.#config.insecureHttp, loopback: isLoopback(this.#url) }
    for (const [member, value] of Object.entries(document)) {
      if (!isEndpoint(member) || value === null || Object.hasOwn(this.#overrides, member)) continue
      const fault = typeof value === 'string' ? urlFault(value, rules) : 'not a URL'
      if (fault !== null) return `${member} is ${fault}`
    }
    return null
  }

  #unavailable (why: string, options?: ErrorOptions): IssuerError {
    return new IssuerError('unavailable', `metadata of issuer ${this.#name}: ${why}`, null, options)
  }
}

const isEndpoint = (member: string): boolean => member === MEMBERS.jwks || member.endsWith('_endpoint')

const text = (value: unknown): string | null => typeof value === 'string' ? value : null

function overrides ({ jwksUri, endpoints = {} }: IssuerConfig): Readonly<Record<string, string>> {
  const given = Object.entries({ jwks: jwksUri, ...endpoints }).filter((entry): entry is [EndpointName, string] => entry[1] !== undefined)
  return Object.fromEntries(given.map(([name, url]) => [MEMBERS[name], url]))
}

/** A document whose place is written down is wanted for its other members. */
function isComplete ({ discovery, keys, secret }: IssuerConfig, given: Readonly<Record<string, string>>): boolean {
  const needed = Object.values(MEMBERS).filter(member => member !== MEMBERS.jwks || (keys === undefined && secret === undefined))
  return discovery === undefined && needed.every(member => Object.hasOwn(given, member))
}

function metadata (document: Readonly<Record<string, unknown>>): IssuerMetadata {
  return Object.freeze({
    issuer: String(document['issuer']),
    jwksUri: text(document[MEMBERS.jwks]),
    authorizationEndpoint: text(document[MEMBERS.authorization]),
    tokenEndpoint: text(document[MEMBERS.token]),
    introspectionEndpoint: text(document[MEMBERS.introspection]),
    endSessionEndpoint: text(document[MEMBERS.endSession]),
    document: Object.freeze(document)
  })
}
