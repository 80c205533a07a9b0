import type { Exchange } from '../../../src/contract/index.ts'

/** The caller's token, and when it ends in milliseconds since the epoch. */
export interface Subject { readonly token: string, readonly expiresAt: number }

/** The token that proved the caller, from the request or from the browser's session; null where there is none. */
export function subjectOf ({ principal, session }: Exchange): Subject | null {
  if (principal !== null && principal.source !== 'session') return principal.token === null ? null : { token: principal.token, expiresAt: principal.expiresAt }
  if (session === null) return null
  const { accessToken, accessExpiresAt } = session.session
  return { token: accessToken, expiresAt: accessExpiresAt ?? session.principal.expiresAt }
}
