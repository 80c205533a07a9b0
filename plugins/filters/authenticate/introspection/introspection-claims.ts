import { Refusal, type JsonObject } from '../../../../src/contract/index.ts'

/** What an introspection endpoint answered (RFC 7662 2.2). */
export type Members = JsonObject

/** Text of a member; null where it is absent, a Refusal where it is something else. */
export function textOf (value: unknown, name: string): string | null | Refusal {
  if (value === undefined || value === null) return null
  return typeof value === 'string' && value !== '' ? value : new Refusal('invalid-claim', name)
}

/** Words of a member: text with spaces between (RFC 6749 3.3), or a list of texts. */
export function wordsOf (value: unknown, name: string): readonly string[] | Refusal {
  if (value === undefined || value === null) return []
  if (typeof value === 'string') return value.split(' ').filter(word => word !== '')
  if (Array.isArray(value) && value.every(word => typeof word === 'string')) return value
  return new Refusal('invalid-claim', name)
}

/** Milliseconds since the epoch of a member in seconds (RFC 7519 2, NumericDate); null where it is absent. */
export function timeOf (value: unknown, name: string): number | null | Refusal {
  if (value === undefined || value === null) return null
  return typeof value === 'number' && Number.isFinite(value) ? value * 1000 : new Refusal('invalid-claim', name)
}
