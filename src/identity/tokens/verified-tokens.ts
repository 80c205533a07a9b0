import { hash } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import type { Principal } from '../../contract/principal.ts'
import type { VerifiedToken } from './issuer-tokens.ts'

interface Entry extends VerifiedToken {
  /** Wall clock: tokens end by it. One that was set back makes every token be checked again. */
  readonly sinceMs: number
  readonly untilMs: number
}

/** How much may be remembered. */
export interface VerifiedTokensOptions {
  readonly maxEntries?: number
  readonly maxBytes?: number
}

/**
 * After that a token is checked again. Its keys are asked for again too: without it, an issuer whose tokens are all known would never be
 * asked whether it still has them.
 */
const RECHECK_MS = 60_000

/** What an entry takes, on the safe side: the token, its claims, and what was made of them. A token of 919 characters was measured at 2.3 KB. */
const ENTRY_BYTES = 2048
const BYTES_PER_CHARACTER = 4

/**
 * Tokens that were verified a moment ago, by the SHA-256 of the whole text (nothing less tells two apart). What was refused is not remembered: it costs its sender as
 * much as us, and would push out the tokens of honest callers.
 */
export class VerifiedTokens {
  readonly #entries: LRUCache<string, Entry>

  constructor ({ maxEntries = 10_000, maxBytes = 64 * 1024 ** 2 }: VerifiedTokensOptions = {}) {
    this.#entries = new LRUCache({ max: maxEntries, maxSize: maxBytes })
  }

  get size (): number { return this.#entries.size }

  /** What a token is known by here. */
  static id (token: string): string {
    return hash('sha256', token, 'base64')
  }

  /** The token as it was verified, while that holds. */
  find (id: string, nowMs: number): VerifiedToken | undefined {
    const entry = this.#entries.get(id)
    if (entry === undefined) return undefined
    if (entry.key.revoked) {
      this.#entries.delete(id)
      return undefined
    }
    return nowMs >= entry.sinceMs && nowMs < entry.untilMs ? entry : undefined
  }

  /** Remembers a token, never past its end. The principal to go on with: the one of before where the token is the same, since others keep things by it. */
  keep (id: string, verified: VerifiedToken, nowMs: number): Principal {
    const before = this.#entries.peek(id)
    const same = before !== undefined && before.by === verified.by && !before.key.revoked
    const principal = same ? before.principal : verified.principal
    const untilMs = Math.min(principal.expiresAt, nowMs + RECHECK_MS)
    if (untilMs <= nowMs) this.#entries.delete(id)
    else this.#entries.set(id, { by: verified.by, principal, key: verified.key, sinceMs: nowMs, untilMs }, { size: ENTRY_BYTES + BYTES_PER_CHARACTER * principal.token!.length })
    return principal
  }
}
