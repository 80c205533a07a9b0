import { principal as makePrincipal, type Principal } from '../contract/principal.ts'

/** `principal` in an expression: who is calling, or nobody. Neither the credential nor what binds it can be read. */
export class CelPrincipal {
  readonly #principal: Principal
  readonly authenticated: boolean
  #claims: ReadonlyMap<string, unknown> | null = null

  constructor (principal: Principal, authenticated: boolean) {
    this.#principal = principal
    this.authenticated = authenticated
  }

  get subject () { return this.#principal.subject }
  get issuer () { return this.#principal.issuer ?? '' }
  get client () { return this.#principal.client ?? '' }
  get tenant () { return this.#principal.tenant ?? '' }
  get source () { return this.authenticated ? this.#principal.source : '' }
  get level () { return this.authenticated ? BigInt(this.#principal.level) : 0n }
  get scopes () { return this.#principal.scopes }
  get roles () { return this.#principal.roles }
  get claims () {
    this.#claims ??= celRecord(this.#principal.claims)
    return this.#claims
  }

  hasScope (scope: string) { return this.#principal.scopes.includes(scope) }
  hasRole (role: string) { return this.#principal.roles.includes(role) }
  /** Null where there is none, so that a comparison with it does not hold. */
  claim (name: string) { return this.claims.get(name) ?? null }
}

const NOBODY = new CelPrincipal(makePrincipal({ subject: '', source: 'test', level: 1 }), false)

/** Claims are converted once for each principal and not for each request. */
const made = new WeakMap<Principal, CelPrincipal>()

/** What `principal` stands for while this one is calling, or nobody (null). */
export function celPrincipal (principal: Principal | null): CelPrincipal {
  if (principal === null) return NOBODY
  let known = made.get(principal)
  if (known === undefined) {
    known = new CelPrincipal(principal, true)
    made.set(principal, known)
  }
  return known
}

/**
 * Claims or metadata as a map of CEL: objects are maps, in which no name means more than its value (`constructor`, `__proto__`), and whole
 * numbers are ints, so that they can be counted with and stand for a time.
 */
export const celRecord = (record: Readonly<Record<string, unknown>>): ReadonlyMap<string, unknown> =>
  new Map(Object.entries(record).map(([name, value]) => [name, celValue(value)]))

function celValue (value: unknown): unknown {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value
  if (typeof value !== 'object' || value === null) return value ?? null
  if (Array.isArray(value)) return value.map(celValue)
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null ? celRecord(value as Record<string, unknown>) : value
}
