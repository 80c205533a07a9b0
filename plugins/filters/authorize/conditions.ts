import { challenge, claimReader, type ErrorCode, type Principal } from '../../../src/contract/index.ts'

/** What a claim may be compared with. */
type ClaimValue = string | number | boolean

/** Which condition did not hold. */
export type DenialReason = 'missing' | 'scope' | 'role' | 'claim' | 'level' | 'expression'

/** How a request is refused; made once. */
export interface Denial { readonly code: ErrorCode, readonly reason: DenialReason, readonly challenge: string }

/** What must hold of the principal alone, whatever it asks for. */
export interface Required {
  readonly scopes?: readonly string[]
  readonly anyScope?: readonly string[]
  readonly roles?: readonly string[]
  readonly allRoles?: readonly string[]
  readonly claims?: Readonly<Record<string, readonly ClaimValue[]>>
  readonly level?: number
}

/** RFC 6750 3: asked without a credential, there is no error to tell. */
export const MISSING: Denial = { code: 'GW_UNAUTHENTICATED', reason: 'missing', challenge: challenge('Bearer', {}) }

/** A refusal that another token would not help against. */
export const forbidden = (reason: DenialReason): Denial => ({ code: 'GW_FORBIDDEN', reason, challenge: '' })

interface Condition { readonly denial: Denial, holds(principal: Principal): boolean }

/** The first condition that does not hold, null where all do: asked once for each principal, as it never changes. */
export function judge (required: Required): (principal: Principal) => Denial | null {
  const conditions = conditionsOf(required)
  const known = new WeakMap<Principal, Denial | null>()
  return principal => {
    const before = known.get(principal)
    if (before !== undefined) return before
    const denial = conditions.find(condition => !condition.holds(principal))?.denial ?? null
    known.set(principal, denial)
    return denial
  }
}

function conditionsOf ({ scopes = [], anyScope = [], roles = [], allRoles = [], claims = {}, level = 1 }: Required): Condition[] {
  const role = forbidden('role')
  // RFC 6750 3.1: what would be enough. Of alternatives the first, since all of them would be more than is needed
  const scope: Denial = {
    code: 'GW_INSUFFICIENT_SCOPE',
    reason: 'scope',
    challenge: challenge('Bearer', { error: 'insufficient_scope', scope: [...scopes, ...anyScope.slice(0, 1)].join(' ') })
  }
  return [
    { denial: scope, holds: principal => scopes.every(one => principal.scopes.includes(one)) },
    { denial: scope, holds: principal => anyScope.length === 0 || anyScope.some(one => principal.scopes.includes(one)) },
    { denial: role, holds: principal => roles.length === 0 || roles.some(one => principal.roles.includes(one)) },
    { denial: role, holds: principal => allRoles.every(one => principal.roles.includes(one)) },
    ...Object.entries(claims).map(([name, values]) => claimCondition(name, new Set(values))),
    { denial: forbidden('level'), holds: principal => principal.level >= level }
  ]
}

function claimCondition (name: string, values: ReadonlySet<unknown>): Condition {
  const read = claimReader(name)
  return { denial: forbidden('claim'), holds: ({ claims }) => isOneOf(read(claims), values) }
}

/** Whether a claim is one of these values, or a list with one of them in it. `"1"` is not 1. */
function isOneOf (claim: unknown, values: ReadonlySet<unknown>): boolean {
  return Array.isArray(claim) ? claim.some(one => values.has(one)) : values.has(claim)
}
