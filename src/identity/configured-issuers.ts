import { ConfigError } from '../contract/config-error.ts'
import { Refusal, type Issuers, type OAuthClient, type TokenVerifier } from '../contract/identity.ts'
import { hint } from '../contract/nearest.ts'
import { principal, type Principal } from '../contract/principal.ts'
import type { Clock } from '../contract/services.ts'
import { principalOf } from './tokens/claim-principal.ts'
import type { Issuer } from './issuer.ts'
import { tokenVerifier } from './tokens/token-verifier.ts'
import type { VerifiedTokens } from './tokens/verified-tokens.ts'

/** The issuers of one configuration, for the rooms. */
export class ConfiguredIssuers implements Issuers {
  readonly names: readonly string[]
  readonly #issuers: ReadonlyMap<string, Issuer>
  readonly #cache: VerifiedTokens
  readonly #clock: Clock

  constructor (issuers: ReadonlyMap<string, Issuer>, cache: VerifiedTokens, clock: Clock) {
    this.names = [...issuers.keys()]
    this.#issuers = issuers
    this.#cache = cache
    this.#clock = clock
  }

  verifier (names: readonly string[], pointer: string): TokenVerifier {
    return tokenVerifier({ issuers: names.map(name => this.#issuer(name, pointer).tokens), cache: this.#cache, clock: this.#clock })
  }

  client (name: string, pointer: string): OAuthClient {
    const { client } = this.#issuer(name, pointer)
    if (client === null) throw new ConfigError('GW_CONFIG_INVALID', pointer, `the gateway is no client of the issuer "${name}": issuers/${name}/client says as whom it is registered there`)
    return client
  }

  /** Who the claims of an ID token say is calling, by the names that the issuer's `claims` gives them. */
  sessionPrincipal (name: string, claims: Readonly<Record<string, unknown>>, token: string): Principal {
    const { config, client } = this.#issuer(name, '')
    const found = principalOf(config, config.issuer, { ...claims, cnf: undefined }, token)
    // An ID token need not name its client otherwise than in `aud` (OIDC Core 2)
    const own = client?.clientId ?? null
    if (found instanceof Refusal) return principal({ subject: String(claims['sub']), issuer: config.issuer, client: own, source: 'session', level: 2, claims, token })
    return principal({ ...found, client: found.client ?? own })
  }

  #issuer (name: string, pointer: string): Issuer {
    const issuer = this.#issuers.get(name)
    if (issuer === undefined) throw new ConfigError('GW_CONFIG_UNKNOWN_ISSUER', pointer, `no issuer is named "${name}"${this.names.length === 0 ? ': add it to "issuers:" at the top' : hint(name, this.names)}`)
    return issuer
  }
}
