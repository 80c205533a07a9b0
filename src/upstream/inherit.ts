import type { UpstreamConfig } from '../contract/route-file.ts'
import type { UpstreamPool } from './upstream-pool.ts'

interface Configured { readonly pool: UpstreamPool, readonly config: UpstreamConfig }

/**
 * A new configuration of an upstream does not begin with nothing: addresses that were found, since when they are known, and
 * what checks have said of them, hold until somebody says otherwise.
 */
export function inherit ({ pool, config }: Configured, before: Configured): void {
  if (config.discover && JSON.stringify(config.discover) === JSON.stringify(before.config.discover)) takeFound(pool, before.pool)
  const checked = Boolean(config.health && before.config.health)
  const known = new Map(before.pool.members.map(member => [member.endpoint.origin, member]))
  for (const member of pool.members) {
    const { sinceMs = member.sinceMs, healthy = true } = known.get(member.endpoint.origin) ?? {}
    member.sinceMs = sinceMs
    if (checked) member.healthy = healthy
  }
  pool.changed()
}

function takeFound (pool: UpstreamPool, { addresses }: UpstreamPool): void {
  for (const [source, found] of addresses) if (source !== 'endpoints') pool.setMembers(found, source)
}
