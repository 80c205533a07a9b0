import type { Names } from './names.ts'

/** Addresses of a name, none where there is no such name, and for how long that holds. */
export interface HostAnswer { readonly addresses: readonly string[], readonly ttlMs: number }

/** Of what /etc/hosts and search domains say: they have no TTL. */
const LOOKED_UP_MS = 10_000

/** Nobody wants to know any more; the system's look-up could not be called off. */
const CANCELLED = 'ECANCELLED'
/** DNS says that there is nothing. */
const NOTHING = new Set(['ENOTFOUND', 'ENODATA'])

/**
 * Every address of a name. DNS is asked for A and AAAA records; where it has none, or cannot be asked, the system's look-up, which knows
 * /etc/hosts and search domains. Names below localhost never go to DNS (RFC 6761 6.3). Rejects where nobody could say.
 */
export async function resolveHost (host: string, names: Names): Promise<HostAnswer> {
  if (host === 'localhost' || host.endsWith('.localhost')) return await lookedUp(host, names, null)
  const { resolver } = names
  const asked = await Promise.allSettled([resolver.resolve4(host, { ttl: true }), resolver.resolve6(host, { ttl: true })])
  // A server that cannot say anything of one family is believed about the other
  const records = asked.flatMap(one => one.status === 'fulfilled' ? one.value : [])
  if (records.length > 0) return { addresses: records.map(({ address }) => address), ttlMs: 1000 * Math.min(...records.map(({ ttl }) => ttl)) }
  const failures = asked.flatMap(one => one.status === 'rejected' && !NOTHING.has(codeOf(one.reason)) ? [one.reason as Error] : [])
  const cancelled = failures.find(failure => codeOf(failure) === CANCELLED)
  if (cancelled) throw cancelled
  return await lookedUp(host, names, failures[0] ?? null)
}

async function lookedUp (host: string, names: Names, failure: Error | null): Promise<HostAnswer> {
  try {
    const found = await names.lookup(host)
    if (found.length > 0 || failure === null) return { addresses: found.map(({ address }) => address), ttlMs: LOOKED_UP_MS }
  } catch (error) {
    if (failure === null && !NOTHING.has(codeOf(error))) throw error
    if (failure === null) return { addresses: [], ttlMs: LOOKED_UP_MS }
  }
  throw failure
}

const codeOf = (error: unknown): string => error instanceof Error && 'code' in error ? String(error.code) : ''
