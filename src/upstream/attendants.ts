import { dirname } from 'node:path'
import type { Clock, Log, Metrics, Random } from '../contract/services.ts'
import type { Attend, Attendant } from './attendant.ts'
import { discovery, type Discovery } from './discovery/discover.ts'
import type { Names } from './discovery/names.ts'
import type { WatchFiles } from './discovery/source.ts'
import { Ejection } from './ejection/ejection.ts'
import { HealthChecks } from './health/health-checks.ts'
import { memberChanges } from './member-changes.ts'
import type { MemberListener } from './members.ts'
import type { UpstreamPool } from './upstream-pool.ts'

/** What those who look after upstreams need from outside. */
export interface AttendantServices {
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** Metrics of one pool. */
  readonly metrics: () => Metrics & { close(): void }
  readonly names: () => Names
  readonly watch: WatchFiles
}

/** Health checks, ejection and discovery, as far as an upstream asks for them. Discovery is last: the others hear of what it finds. */
export function attendants ({ clock, random, log, metrics, names, watch }: AttendantServices): Attend[] {
  const tellOf = (pool: UpstreamPool, upstream: string) => {
    const scope = metrics()
    return { tell: memberChanges({ upstream, log, metrics: scope, changed: () => { pool.changed() } }), close: () => { scope.close() } }
  }
  return [
    (pool, { name, config: { health } }) => {
      if (health === undefined) return null
      const { tell, close } = tellOf(pool, name)
      const checks = new HealthChecks(health, { clock, random, tell })
      return listening(pool, { added: member => { checks.add(member) }, removed: member => { checks.remove(member) } }, checks, close)
    },
    (pool, { name, config: { ejection } }) => {
      if (ejection === undefined) return null
      const { tell, close } = tellOf(pool, name)
      const watch = new Ejection(ejection, { clock, random, tell })
      return listening(pool, { added: member => { watch.add(member) }, removed: member => { watch.remove(member) } }, watch, close)
    },
    (pool, { name, config: { discover }, file }) => {
      if (discover === undefined) return null
      const begin = discovery(discover)
      let running: Discovery | null = null
      return {
        start: () => { running = begin({ upstream: name, clock, random, log, names: names(), watch, baseFolder: dirname(file) }, (addresses, source) => { pool.setMembers(addresses, source) }) },
        get ready () { return running?.ready ?? Promise.resolve() },
        close: () => { running?.close() }
      }
    }
  ]
}

/** Hears of the pool's members from its start to its end. */
function listening (pool: UpstreamPool, listener: MemberListener, attendant: { close(): void }, closed: () => void): Attendant {
  let stop = () => {}
  return {
    start: () => { stop = pool.onMember(listener) },
    close: () => {
      stop()
      attendant.close()
      closed()
    }
  }
}
