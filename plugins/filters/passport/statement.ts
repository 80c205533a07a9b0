import { isRecord, type Principal } from '../../../src/contract/index.ts'
import type { Device } from './device.ts'

/** What the passport of one request says, beside times. */
export interface Statement {
  readonly principal: Principal | null
  readonly device: Device | null
  readonly copied: Readonly<Record<string, unknown>>
  /** Facts of the enrichment; null where there are none. */
  readonly facts: Readonly<Record<string, unknown>> | null
  readonly bound: Binding | null
}

/** Ties a passport to one request: the request id, and the digest of the request. */
export interface Binding { readonly txn: string, readonly req: string }

/** The same for every passport of a route. */
export interface Letterhead { readonly iss: string, readonly aud: string | readonly string[], /** For a copy of a request: whoever gets it must change nothing that matters. */ readonly shadow: boolean }

type Claims = Record<string, unknown>

/** The claims of a passport in a fixed order; one that would say nothing is left out. */
export function claimsOf ({ iss, aud, shadow }: Letterhead, { principal, device, copied, facts, bound }: Statement, iat: number, exp: number): Claims {
  return {
    iss,
    aud,
    iat,
    exp,
    ...shadow && { shd: true },
    ...bound !== null && { txn: bound.txn },
    ...principal === null ? { lvl: 0 } : identity(principal),
    ...device !== null && { dev: device },
    ...bound !== null && { req: bound.req },
    ...copied,
    ...facts !== null && { ctx: facts }
  }
}

function identity (principal: Principal): Claims {
  const { subject, issuer, client, scopes, tenant, level, source } = principal
  return {
    sub: subject,
    // A subject is one of its issuer's (OIDC Core 2): two issuers may have the same
    ...issuer !== null && { idp: issuer },
    ...client !== null && { cid: client },
    ...scopes.length > 0 && { scp: scopes },
    ...tenant !== null && { ten: tenant },
    ...proof(principal.claims),
    lvl: level,
    src: source === 'certificate' ? 'mtls' : source
  }
}

/** How the caller was authenticated (OIDC Core 2), and for whom they act (RFC 8693 4.1), where the credential says so in the right form. */
function proof ({ amr, acr, act }: Readonly<Record<string, unknown>>): Claims {
  return {
    ...Array.isArray(amr) && { amr },
    ...typeof acr === 'string' && { acr },
    ...isRecord(act) && { act }
  }
}
