import { ConfigError, ConfigErrors, type Origin } from '../contract/config-error.ts'
import type { Issuers, KeyRings, Sessions } from '../contract/identity.ts'
import type { IssuerConfig } from '../contract/issuers.ts'
import type { Outbound } from '../contract/outbound.ts'
import type { GatewayConfig } from '../contract/route-file.ts'
import type { Clock, Log, Metrics } from '../contract/services.ts'
import type { SessionSettings } from '../contract/settings.ts'
import type { Store } from '../contract/store.ts'
import { ConfiguredIssuers } from './configured-issuers.ts'
import { Issuer } from './issuer.ts'
import { Rings, type PublicJwks } from './rings/rings.ts'
import { macsOfRing, type RingMacs } from './ring-macs.ts'
import { sealsOfRing } from './ring-seals.ts'
import { BrowserSessions } from './sessions/browser-sessions.ts'
import { VerifiedTokens } from './tokens/verified-tokens.ts'

/** What lies outside and identities are proved with. */
export interface IdentityOptions {
  readonly outbound: Outbound
  readonly store: Store
  readonly clock: Clock
  readonly log: Log
  /** Scope of the metrics of one issuer, or of the sessions. */
  readonly metrics: (labels: Readonly<Record<string, string>>) => Metrics & { close?(): void }
}

/** The sections of the route file that identities are made of. */
export type IdentityConfig = Pick<GatewayConfig, 'settings' | 'settingsOrigin' | 'issuers' | 'keyRings'>

/** Issuers, key rings and sessions of one configuration. */
export interface Identities {
  readonly issuers: Issuers
  readonly keys: KeyRings
  readonly sessions: Sessions | null
  /** Authentication codes by a ring's keys: the same text has another code for another purpose. ConfigError at `pointer` where there is no such ring. */
  macs(ring: string, pointer: string, purpose: string): RingMacs
  /** Public keys for others to verify with, by their paths on the admin listener. */
  published(): readonly { readonly path: string, jwks(): PublicJwks }[]
  /** Resolves when the issuers with `jwks.start: blocking` have been asked for their keys, whatever came of it. */
  ready(): Promise<void>
}

/**
 * Makes the identities of one configuration after the other. An issuer that stays as it was keeps what it has fetched; a ring that is
 * ephemeral keeps its keys.
 */
export class Identity {
  readonly #options: IdentityOptions
  /** Tokens of an issuer that is gone are good for nobody: they are known by who verified them. */
  readonly #verified = new VerifiedTokens()
  readonly #sessionMetrics: ReturnType<IdentityOptions['metrics']>
  #issuers = new Map<string, Issuer>()
  #rings: Rings | undefined

  constructor (options: IdentityOptions) {
    this.#options = options
    this.#sessionMetrics = options.metrics({})
  }

  /** Throws ConfigErrors with all that is wrong in the sections. */
  at ({ settings: { session }, settingsOrigin, issuers: sections, keyRings }: IdentityConfig): Identities {
    const faults: ConfigError[] = []
    const kept = this.#issuers
    const issuers = new Map([...sections].flatMap(([name, { config, origin }]) => {
      const issuer = collected(origin, faults, () => kept.get(keyOf(name, config)) ?? new Issuer(name, config, this.#options))
      return issuer ? [[name, issuer] as const] : []
    }))
    const rings = collected(null, faults, () => this.#ringsOf(keyRings))
    if (faults.length > 0 || !rings) throw notUsed(issuers, kept, faults.map(fault => inSection(fault, keyRings)))
    const named = new ConfiguredIssuers(issuers, this.#verified, this.#options.clock)
    const sessions = session ? collected(settingsOrigin, faults, () => this.#sessionsOf(session, named, rings)) : null
    if (faults.length > 0) throw notUsed(issuers, kept, faults)
    this.#issuers = new Map([...issuers].map(([name, issuer]) => [keyOf(name, issuer.config), issuer]))
    closeAllBut(issuers, kept)
    this.#rings = rings
    return {
      issuers: named,
      keys: rings,
      sessions,
      macs: (ring, pointer, purpose) => macsOfRing(rings, ring, pointer, purpose, this.#options.clock),
      published: () => rings.published(),
      ready: async () => { await Promise.all([...issuers.values()].map(async issuer => { await issuer.ready() })) }
    }
  }

  /** Takes all metrics along. */
  close (): void {
    closeAllBut(new Map(), this.#issuers)
    this.#sessionMetrics.close?.()
  }

  #ringsOf (sections: IdentityConfig['keyRings']): Rings {
    const rings = new Map([...sections].map(([name, { config }]) => [name, config]))
    return new Rings({ rings, clock: this.#options.clock, before: this.#rings })
  }

  #sessionsOf (settings: SessionSettings, issuers: ConfiguredIssuers, rings: Rings): Sessions {
    const { store, clock, log } = this.#options
    const pointer = '/session/ring'
    return new BrowserSessions({
      settings,
      store,
      clock,
      log,
      seals: sealsOfRing(rings, settings.ring, pointer, clock),
      metrics: this.#sessionMetrics,
      clientOf: name => issuers.client(name, ''),
      principalOf: (name, claims, token) => issuers.sessionPrincipal(name, claims, token)
    })
  }
}

const keyOf = (name: string, config: IssuerConfig): string => JSON.stringify([name, config])

/** The faults of a configuration that is not used; nothing of its issuers stays. */
function notUsed (issuers: ReadonlyMap<string, Issuer>, kept: ReadonlyMap<string, Issuer>, faults: readonly ConfigError[]): ConfigErrors {
  closeAllBut(kept, issuers)
  return new ConfigErrors(faults)
}

/** Closes those of the second that are none of the first. */
function closeAllBut (used: ReadonlyMap<string, Issuer>, issuers: ReadonlyMap<string, Issuer>): void {
  const still = new Set(used.values())
  for (const issuer of issuers.values()) if (!still.has(issuer)) issuer.close()
}

/** What `make` gives; null and its fault where the section is wrong. */
function collected<T> (origin: Origin | null, faults: ConfigError[], make: () => T): T | null {
  try {
    return make()
  } catch (error) {
    const found = error instanceof ConfigErrors ? error.errors : error instanceof ConfigError ? [error] : null
    if (found === null) throw error
    faults.push(...found.map(fault => origin === null ? fault : fault.under(origin)))
    return null
  }
}

/** Rings know the name of a section and not its file; the text alone stands for `keys`. */
function inSection (fault: ConfigError, sections: IdentityConfig['keyRings']): ConfigError {
  const [, { origin } = { origin: null }] = [...sections].find(([, section]) => fault.file === '' && fault.pointer.startsWith(`${section.origin.pointer}/`)) ?? []
  return origin === null ? fault : new ConfigError(fault.code, fault.pointer.slice(origin.pointer.length), fault.detail).under(origin)
}
