import { isRecord, type JsonObject } from './is-record.ts'

/** Finds one claim; undefined where there is none. */
export type ClaimReader = (claims: JsonObject) => unknown

/**
 * Reads a claim by its name, or else by the way to it: `realm_access.roles` is what stands under `roles` in the object `realm_access`. Names may have dots
 * themselves; one that is a URL (RFC 7519 4.2) is never a way.
 */
export function claimReader (name: string): ClaimReader {
  const path = /^https?:\/\//.test(name) ? [] : name.split('.')
  const byName: ClaimReader = claims => Object.hasOwn(claims, name) ? claims[name] : undefined
  return path.length < 2 ? byName : claims => Object.hasOwn(claims, name) ? claims[name] : path.reduce<unknown>(member, claims)
}

const member = (owner: unknown, name: string): unknown => isRecord(owner) && Object.hasOwn(owner, name) ? owner[name] : undefined
