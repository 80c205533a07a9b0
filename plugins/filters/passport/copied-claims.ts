import { claimReader, ConfigError, escapePointer, Type, type Principal } from '../../../src/contract/index.ts'

/** Names that the passport uses itself, or that mean something in every JWT (RFC 7519 4.1, RFC 7800 3.1). */
const RESERVED = ['iss', 'aud', 'iat', 'exp', 'nbf', 'jti', 'txn', 'sub', 'idp', 'cid', 'scp', 'ten', 'dev', 'amr', 'acr', 'lvl', 'src', 'act', 'req', 'ctx', 'shd', 'cnf', '__proto__']

const Name = Type.String({ minLength: 1 })

export const ClaimsSchema = Type.Union([Type.Array(Name, { minItems: 1 }), Type.Record(Type.String(), Name)], {
  'x-expects': 'a list of claims, or a map of claims and their names in the passport',
  description: 'Claims of the credential to copy, by name or path: a list, or a map to their names in the passport. `roles` are those that the settings of the issuer find. Whatever is not named here stays at the gateway.'
})

type Copy = (principal: Principal) => Readonly<Record<string, unknown>>

/** Copies the claims that are allowed to leave the gateway, under the names that they have in the passport. */
export function claimCopier (config: readonly string[] | Readonly<Record<string, string>> | undefined): Copy {
  const pairs = config === undefined ? [] : Array.isArray(config) ? config.map((name: string, i) => ({ name, as: name, pointer: `/claims/${i}` })) : renamed(config as Readonly<Record<string, string>>)
  const taken = new Set(RESERVED)
  for (const { as, pointer } of pairs) {
    if (taken.has(as)) throw new ConfigError('GW_CONFIG_INVALID', pointer, `the passport has a claim named "${as}" already; give this one another name: { claim: other-name }`)
    taken.add(as)
  }
  const readers = pairs.map(({ name, as }) => ({ as, read: reader(name) }))
  return principal => {
    const copied: Record<string, unknown> = {}
    for (const { as, read } of readers) {
      const value = read(principal)
      if (value !== undefined) copied[as] = value
    }
    return copied
  }
}

const renamed = (config: Readonly<Record<string, string>>) =>
  Object.entries(config).map(([name, as]) => ({ name, as, pointer: `/claims/${escapePointer(name)}` }))

function reader (name: string): (principal: Principal) => unknown {
  if (name === 'roles') return ({ roles }) => roles.length === 0 ? undefined : roles
  const read = claimReader(name)
  return ({ claims }) => read(claims)
}
