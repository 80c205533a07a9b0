import { ConfigError } from '../../contract/config-error.ts'
import type { KeyRing, KeyRings } from '../../contract/identity.ts'
import type { KeyRingConfig } from '../../contract/issuers.ts'
import { hint } from '../../contract/nearest.ts'
import { escapePointer } from '../../contract/pointer.ts'
import type { Clock } from '../../contract/services.ts'
import { newRingKey, publicPart, RING_ALGORITHMS, secretOf, type PublicKey, type RingKey } from './ring-key.ts'
import { parseRing } from './parse-ring.ts'
import { isLiving, newestFirst, signingKey } from './ring-schedule.ts'
import { ringSigner } from './ring-signer.ts'

/** A JWK Set of public keys (RFC 7517 5). */
export interface PublicJwks { readonly keys: readonly PublicKey[] }

/** A key to seal sessions with, 32 bytes. */
export interface SealingKey { readonly kid: string, readonly k: Uint8Array }

const ADD_ONE = ': add it to "keyRings:" at the top, as "ephemeral", or as the file that `gatehouse keys new` makes'

export interface RingsOptions {
  /** The `keyRings:` section. */
  readonly rings: ReadonlyMap<string, KeyRingConfig>
  readonly clock: Clock
  /** The rings of the configuration that this one takes the place of: their ephemeral keys go on, or every reload would end all sessions. */
  readonly before?: Rings | undefined
}

/** The key rings of one configuration. ConfigError at `/keyRings/<name>/...` where one of them is wrong. */
export class Rings implements KeyRings {
  readonly #rings = new Map<string, readonly RingKey[]>()
  readonly #ephemeral = new Map<string, readonly RingKey[]>()
  readonly #paths = new Map<string, string>()
  readonly #clock: Clock

  constructor ({ rings, clock, before }: RingsOptions) {
    this.#clock = clock
    for (const [name, { keys, publish }] of rings) {
      this.#rings.set(name, keys === 'ephemeral' ? this.#makeEphemeral(name, before) : parseRing(keys, name, clock))
      this.#publish(name, publish)
    }
  }

  ring (name: string, pointer: string): KeyRing {
    const keys = this.#keys(name, pointer)
    return { name, signer: options => ringSigner(name, keys, options, this.#clock) }
  }

  /** The public keys of a ring that anything verifies with: those that sign later too, none that has ended. */
  publicJwks (name: string): PublicJwks {
    const now = this.#clock.now() / 1000
    return { keys: this.#keys(name, '').filter(key => key.kty === 'OKP' && isLiving(key, now)).map(publicPart) }
  }

  /** What the admin listener serves: the path of each ring that has public keys. `jwks` is asked for each answer, since keys end. */
  published (): { path: string, jwks: () => PublicJwks }[] {
    return [...this.#paths].map(([path, name]) => ({ path, jwks: () => this.publicJwks(name) }))
  }

  /** The keys that seal sessions: the first seals, each of them opens. ConfigError at `pointer` where the ring has none. */
  secrets (name: string, pointer = ''): SealingKey[] {
    const now = this.#clock.now() / 1000
    const keys = this.#keys(name, pointer).filter(key => key.use === 'enc' && isLiving(key, now))
    const sealing = signingKey(keys, now)
    if (sealing === undefined) {
      throw new ConfigError('GW_CONFIG_INVALID', pointer, `key ring "${name}" has no key that seals; \`gatehouse keys new <file> --for session\` makes a ring of them`)
    }
    return [sealing, ...keys.filter(key => key !== sealing)].map(key => ({ kid: key.kid, k: secretOf(key) }))
  }

  #keys (name: string, pointer: string): readonly RingKey[] {
    const keys = this.#rings.get(name)
    if (keys === undefined) throw new ConfigError('GW_CONFIG_UNKNOWN_KEY_RING', pointer, `no key ring is named "${name}"${this.#rings.size === 0 ? ADD_ONE : hint(name, [...this.#rings.keys()])}`)
    return keys
  }

  #makeEphemeral (name: string, before: Rings | undefined): readonly RingKey[] {
    const now = Math.floor(this.#clock.now() / 1000)
    const kept = before === undefined ? undefined : before.#ephemeral.get(name)
    const keys = kept ?? newestFirst(RING_ALGORITHMS.map(algorithm => newRingKey(algorithm, now)))
    this.#ephemeral.set(name, keys)
    return keys
  }

  #publish (name: string, publish: string | undefined): void {
    const pointer = `/keyRings/${escapePointer(name)}/publish`
    if (!this.#rings.get(name)!.some(({ kty }) => kty === 'OKP')) {
      if (publish !== undefined) throw new ConfigError('GW_CONFIG_NO_EFFECT', pointer, 'the ring has no public key: secrets are not published')
      return
    }
    const path = publish ?? `/keys/${encodeURIComponent(name)}`
    const other = this.#paths.get(path)
    if (other !== undefined) throw new ConfigError('GW_CONFIG_DUPLICATE', pointer, `key ring "${other}" is published at this path already`)
    this.#paths.set(path, name)
  }
}
