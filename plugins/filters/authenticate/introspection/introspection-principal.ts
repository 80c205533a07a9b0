import { claimReader, principal, Refusal, severalFactors, type Confirmation, type Principal, type Verdict } from '../../../../src/contract/index.ts'
import { textOf, timeOf, wordsOf, type Members } from './introspection-claims.ts'

/** Which member says what. */
export interface MemberNames { readonly subject: string, readonly client: string, readonly scopes: string, readonly roles: string, readonly tenant: string }

/** Who an active token stands for. `issuer`: that of the endpoint, which vouches where the answer names none. */
export function introspectedPrincipal (members: Members, names: MemberNames, issuer: string, token: string): Verdict {
  const client = text(members, names.client, 'azp')
  const subject = text(members, names.subject, 'username')
  const scopes = words(members, names.scopes, 'scp')
  const roles = words(members, names.roles)
  const tenant = text(members, names.tenant)
  for (const part of [client, subject, scopes, roles, tenant]) if (part instanceof Refusal) return part
  // A client on its own account has no other subject (RFC 9068 2.2)
  const who = subject ?? client
  if (who === null) return new Refusal('missing-claim', names.subject)
  return made({ issuer, token, claims: members, subject: who, client, scopes, roles, tenant } as Parameters<typeof made>[0])
}

function made (known: Pick<Principal, 'subject' | 'issuer' | 'client' | 'scopes' | 'roles' | 'tenant' | 'claims' | 'token'>): Principal {
  const confirmation = confirmationOf(known.claims['cnf'])
  const expires = timeOf(known.claims['exp'], 'exp')
  return principal({ ...known, source: 'opaque', level: confirmation !== null || severalFactors(known.claims) ? 3 : 2, confirmation, expiresAt: typeof expires === 'number' ? expires : Infinity })
}

/** RFC 7800 3.1, RFC 9449 6.2, RFC 8705 3.2. A binding that is not understood is one all the same: nobody can fulfil it. */
function confirmationOf (cnf: unknown): Confirmation | null {
  if (cnf === undefined || cnf === null) return null
  const { jkt, 'x5t#S256': x5tS256 } = cnf as Members
  return { ...typeof jkt === 'string' && { jkt }, ...typeof x5tS256 === 'string' && { x5tS256 } }
}

const text = (members: Members, name: string, otherwise = name): string | null | Refusal =>
  textOf(claimReader(name)(members) ?? claimReader(otherwise)(members), name)

const words = (members: Members, name: string, otherwise = name): readonly string[] | Refusal =>
  wordsOf(claimReader(name)(members) ?? claimReader(otherwise)(members), name)
