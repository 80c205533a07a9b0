import type { Outbound } from '../contract/outbound.ts'
import type { IssuerConfig } from '../contract/issuers.ts'
import type { Clock, Log, Metrics } from '../contract/services.ts'
import { Discovery } from './discovery/discovery.ts'
import { IssuerTokens } from './tokens/issuer-tokens.ts'
import { keySource, type PrefetchedKeys } from './keys/key-source.ts'
import { IssuerClient } from './oauth/issuer-client.ts'
import { IdTokenVerifier } from './oauth/id-token-verifier.ts'

/** What an issuer is asked through. */
export interface IssuerOptions {
  readonly outbound: Outbound
  readonly clock: Clock
  readonly log: Log
  readonly metrics: (labels: Readonly<Record<string, string>>) => Metrics & { close?(): void }
}

/** One entry of `issuers:`, made real: its keys, its tokens, and the gateway as its client. ConfigError with a pointer into the entry where it cannot be. */
export class Issuer {
  readonly name: string
  readonly config: IssuerConfig
  readonly tokens: IssuerTokens
  /** Null where the gateway is not registered there. */
  readonly client: IssuerClient | null
  readonly #keys: PrefetchedKeys
  readonly #metrics: ReturnType<IssuerOptions['metrics']>

  constructor (name: string, config: IssuerConfig, { outbound, clock, log, metrics }: IssuerOptions) {
    this.name = name
    this.config = config
    const discovery = new Discovery({ name, config, outbound, clock })
    this.#metrics = metrics({ issuer: name })
    this.#keys = keySource({ name, config, outbound, clock, log, metrics: this.#metrics, discovery })
    this.tokens = new IssuerTokens({ config, keys: this.#keys, clock })
    const { client } = config
    const tokens = client ? new IdTokenVerifier({ config, clientId: client.id, keys: this.#keys, clock }) : null
    this.client = client && tokens ? new IssuerClient({ config: { ...config, client }, metadata: discovery, outbound, tokens, clock }) : null
  }

  /** Resolves at once unless the entry says that the start waits for its keys. */
  async ready (): Promise<void> {
    if (this.config.jwks.start === 'blocking') await this.#keys.prefetch()
  }

  /** Takes its metrics along. Whatever still asks it is counted for nobody. */
  close (): void {
    this.#metrics.close?.()
  }
}
