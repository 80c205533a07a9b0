import { decodeJwt } from 'jose'
import type { Session } from '../../contract/session.ts'

/** A session as the gateway keeps it. */
export interface KeptSession extends Session {
  /** When to refresh the access token, ahead of its end; null where that is not known. Milliseconds since the epoch. */
  readonly refreshAt: number | null
}

/** Short names: every byte of a session goes over the wire with each request. */
interface Packed {
  v: 1
  id: string
  n: string
  /** Claims that differ from those in the ID token, or all where there is none. */
  c: Record<string, unknown>
  o: string
  a: string
  e: number | null
  f: number | null
  r: string | null
  t: string | null
  b: number
  u: number
}

/** One text for a session, as short as it gets without loss. */
export function packSession (session: KeptSession): string {
  const { id, issuer, scopes, accessToken, accessExpiresAt, refreshAt, refreshToken, idToken, startedAt, usedAt } = session
  const said = saidIn(idToken)
  const claims = Object.fromEntries(Object.entries(session.claims).filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(said[name])))
  return JSON.stringify({ v: 1, id, n: issuer, c: claims, o: scopes.join(' '), a: accessToken, e: accessExpiresAt, f: refreshAt, r: refreshToken, t: idToken, b: startedAt, u: usedAt } satisfies Packed)
}

/** The session of a text that was sealed; null where another version of the gateway has written it. */
export function unpackSession (text: string): KeptSession | null {
  const packed = JSON.parse(text) as Packed
  if (packed.v !== 1) return null
  const { id, n, o, a, e, f, r, t, b, u } = packed
  const claims = { ...saidIn(t), ...packed.c }
  return {
    id,
    issuer: n,
    subject: String(claims['sub']),
    sid: sidOf(claims),
    claims,
    scopes: o === '' ? [] : o.split(' '),
    accessToken: a,
    accessExpiresAt: e,
    refreshAt: f,
    refreshToken: r,
    idToken: t,
    startedAt: b,
    usedAt: u
  }
}

/** `sid` (OpenID Connect Back-Channel Logout 2.1); null where there is none. */
export const sidOf = (claims: Readonly<Record<string, unknown>>): string | null => typeof claims['sid'] === 'string' ? claims['sid'] : null

/** The claims of an ID token that was verified when it came. */
function saidIn (idToken: string | null): Record<string, unknown> {
  if (idToken === null) return {}
  try {
    return decodeJwt(idToken)
  } catch {
    // An encrypted one (OpenID Connect Core 3.1.3.7) says nothing to who looks at it from outside
    return {}
  }
}
