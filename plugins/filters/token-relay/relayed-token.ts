import type { Exchange, Issuers, Session } from '../../../src/contract/index.ts'

type Find = (x: Exchange) => string | null

/** Finds the token to relay; null where there is none. ConfigError at `/issuer` where no issuer has this name. */
export function relayedToken (from: 'any' | 'session' | 'request', issuer: string | undefined, issuers: Issuers): Find {
  const iss = issuer === undefined ? null : issuers.verifier([issuer], '/issuer').issuers[0]!
  const ofSession: Find = x => x.session !== null && isWanted(x.session.session, issuer) ? x.session.session.accessToken : null
  const ofRequest: Find = ({ principal }) =>
    principal !== null && principal.source !== 'session' && (iss === null || principal.issuer === iss) ? principal.token : null
  if (from === 'session') return ofSession
  if (from === 'request') return ofRequest
  // The caller is who authenticated: another one's session beside that lends nothing
  return x => x.principal === null || x.principal.source === 'session' ? ofSession(x) : ofRequest(x)
}

const isWanted = (session: Session, issuer: string | undefined): boolean => issuer === undefined || session.issuer === issuer
