import type { StaticDecode } from 'typebox'
import { Config, principal, Refusal, Time, Type, type Principal, type Verdict } from '../../../../src/contract/index.ts'

const Words = (description: string) => Type.Array(Type.String({ minLength: 1 }), { default: [], description })

/** One key as it is kept: the key itself is not in it. */
export const ApiKeySchema = Config({
  id: Type.String({ minLength: 1, maxLength: 128, description: 'Name of the key, for people.' }),
  // Stretching is for secrets that people choose: 256 random bits cannot be guessed, however fast a guess is checked
  hash: Type.String({ pattern: '^sha256:[0-9a-f]{64}$', 'x-expects': 'sha256: and 64 digits 0-9a-f, as `gatehouse keys api-key` writes it', description: 'SHA-256 of the key.' }),
  subject: Type.Optional(Type.String({ minLength: 1, description: 'Who is calling. Default: the `id`.' })),
  client: Type.Optional(Type.String({ minLength: 1, description: 'The client.' })),
  scopes: Words('What the key reaches.'),
  roles: Words('Roles of the caller.'),
  tenant: Type.Optional(Type.String({ minLength: 1, description: 'The tenant.' })),
  expires: Type.Optional(Time({ description: 'When the key ends (RFC 3339).' })),
  disabled: Type.Boolean({ default: false, description: 'The key is revoked.' })
})
export type ApiKeyEntry = StaticDecode<typeof ApiKeySchema>

const REVOKED = new Refusal('revoked')
const EXPIRED = new Refusal('expired')

/** Whoever holds the key of an entry. */
export const keyHolder = ({ id, subject, client, scopes, roles, tenant, expires }: ApiKeyEntry): Principal =>
  principal({ subject: subject ?? id, client: client ?? null, scopes, roles, tenant: tenant ?? null, expiresAt: expires ?? Infinity, source: 'api-key', level: 1 })

/** The holder at this time. */
export function judged (holder: Principal, { disabled }: ApiKeyEntry, now: number): Verdict {
  if (disabled) return REVOKED
  return holder.expiresAt <= now ? EXPIRED : holder
}
