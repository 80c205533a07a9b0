import type { Log, Metrics } from '../contract/services.ts'
import type { Member } from './member.ts'

/** What can happen to a member: by its checks `unhealthy` and `healthy`, by its calls `ejected` and `returned`. */
export type MemberChange = 'unhealthy' | 'healthy' | 'ejected' | 'returned'

/** Told of each change, after it. Must not throw. */
export type TellChange = (member: Member, change: MemberChange, fields: object) => void

/** Where changes go to. `changed`: others are in rotation now. */
export interface ChangeListeners { readonly upstream: string, readonly log: Log, readonly metrics: Metrics, changed(): void }

const MESSAGES: Readonly<Record<MemberChange, string>> = {
  unhealthy: 'endpoint fails its health checks: it gets no requests',
  healthy: 'endpoint passes its health checks again',
  ejected: 'endpoint is out of rotation: its calls fail',
  returned: 'endpoint is back in rotation'
}

/** Each change is a line in the log, a count, and another rotation. */
export function memberChanges ({ upstream, log, metrics, changed }: ChangeListeners): TellChange {
  return (member, change, fields) => {
    const level = change === 'unhealthy' || change === 'ejected' ? 'warn' : 'info'
    log[level]({ 'gatehouse.upstream': upstream, 'gatehouse.endpoint': member.endpoint.origin, ...fields }, MESSAGES[change])
    metrics.counter('gatehouse_endpoint_changes_total', { upstream, change }).add()
    changed()
  }
}
