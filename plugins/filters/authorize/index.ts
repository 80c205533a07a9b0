import { Cel, Config, ConfigError, countedRefusals, defineFilter, List, Scope, Type, type Exchange } from '../../../src/contract/index.ts'
import { allowance } from './allowance.ts'
import { judge, MISSING, type Required } from './conditions.ts'

const Role = Type.String({ minLength: 1 })
const Value = Type.Union([Type.String(), Type.Number(), Type.Boolean()], { 'x-expects': 'text, a number, or true or false' })

export default defineFilter({
  name: 'authorize',
  config: Config({
    scopes: Type.Optional(List(Scope(), { description: 'Scopes that the caller must have, all of them.' })),
    anyScope: Type.Optional(List(Scope(), { description: 'Scopes of which the caller must have one.' })),
    roles: Type.Optional(List(Role, { description: 'Roles of which the caller must have one.' })),
    allRoles: Type.Optional(List(Role, { description: 'Roles that the caller must have, all of them.' })),
    claims: Type.Optional(Type.Record(Type.String({ minLength: 1 }), List(Value), {
      minProperties: 1, 'x-expects': 'a map with names of claims as keys, of at least one', description: 'Claims by name or path (`realm_access.roles`), each with the values of which it must have one.'
    })),
    level: Type.Optional(Type.Union([Type.Literal(1), Type.Literal(2), Type.Literal(3)], {
      description: 'The least authentication level: 1 a shared secret, 2 a token or a session, 3 a bound token, a certificate or several factors.'
    })),
    allow: Type.Optional(Cel({ description: 'Expression over `principal`, `request`, `client`, `params` and `route` that must hold too.' })),
    anonymous: Type.Optional(Type.Boolean({ description: 'Whether `allow` alone decides about requests of nobody; else they are refused. Default: `false`.' }))
  }),
  shorthand: 'scopes',
  refuses: ['GW_UNAUTHENTICATED', 'GW_INSUFFICIENT_SCOPE', 'GW_FORBIDDEN'],

  create: ({ allow, anonymous = false, ...required }, { routeId, services }) => {
    checkEffect(required, allow, anonymous)
    const expression = allow === undefined ? null : allowance(allow, routeId, services)
    const denialOf = judge(required)
    const nobody = anonymous && expression !== null
      ? (x: Exchange) => expression(x) === null ? null : MISSING
      : () => MISSING
    const refuse = countedRefusals(services.metrics, 'gatehouse_authorization_refused_total')
    return {
      request: x => {
        const { principal } = x
        const denial = principal === null ? nobody(x) : denialOf(principal) ?? (expression === null ? null : expression(x))
        if (denial !== null) refuse(x, denial.code, denial.reason, denial.challenge)
      }
    }
  }
})

function checkEffect (required: Required, allow: string | undefined, anonymous: boolean): void {
  const without = (pointer: string, why: string) => { throw new ConfigError('GW_CONFIG_NO_EFFECT', pointer, why) }
  const conditions = Object.keys(required)
  if (conditions.length === 0 && allow === undefined) without('', 'there is no condition: give scopes, roles, claims, a level or an expression')
  if (anonymous && allow === undefined) without('/anonymous', 'only an expression (allow) can let in requests of nobody')
  if (anonymous && conditions.length > 0) without('/anonymous', `nobody has ${conditions.join(', ')}: say it in the expression, with || !principal.authenticated`)
  checkOverlaps(required, without)
}

function checkOverlaps ({ scopes = [], anyScope = [], roles = [], allRoles = [] }: Required, without: (pointer: string, why: string) => void): void {
  if (anyScope.some(one => scopes.includes(one))) without('/anyScope', 'always holds: one of them is among scopes')
  if (roles.some(one => allRoles.includes(one))) without('/roles', 'always holds: one of them is among allRoles')
}
