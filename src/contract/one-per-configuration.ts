import { hash } from 'node:crypto'
import { isRecord } from './is-record.ts'
import type { Services } from './services.ts'

const made = new WeakMap<object, Map<string, unknown>>()

/**
 * The one thing that all routes of a configuration share where their options are the same: a filter named for every route must not ask
 * the issuer once for each of them. `kind` stands for one type of thing. Gone with the configuration, which is known by its issuers.
 */
export function onePerConfiguration<T> ({ issuers }: Pick<Services, 'issuers'>, kind: string, options: object, make: () => T): T {
  const things = made.get(issuers) ?? new Map<string, unknown>()
  made.set(issuers, things)
  // Options may hold secrets, or be as long as a file
  const key = `${kind} ${hash('sha256', JSON.stringify(options, inOrder), 'base64url')}`
  if (!things.has(key)) things.set(key, make())
  return things.get(key) as T
}

/** In which order a route file writes its keys makes no difference. */
const inOrder = (_: string, value: unknown): unknown => isRecord(value) ? Object.fromEntries(Object.entries(value).sort()) : value
