import type { Answer } from './answer-cache.ts'
import type { TokenSet } from './identity.ts'

/** A token whose issuer does not say how long it lives (RFC 6749 5.1). */
const UNSAID_MS = 60_000
/** Its last tenth, at most this long, is kept for an issuer that fails: a token should also reach upstream before it ends. */
const MAX_RESERVE_MS = 30_000

/** An access token that an issuer has given, as an answer to keep until it ends, at `latest` where that is sooner; times in milliseconds since the epoch. */
export function tokenAnswer ({ accessToken, expiresAt }: Pick<TokenSet, 'accessToken' | 'expiresAt'>, now: number, latest = Infinity): Answer<string> {
  const livesMs = Math.max(0, Math.min(expiresAt ?? now + UNSAID_MS, latest) - now)
  const staleForMs = Math.min(livesMs / 10, MAX_RESERVE_MS)
  return { value: accessToken, freshForMs: livesMs - staleForMs, staleForMs }
}
