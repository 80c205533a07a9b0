import type { UpstreamConfig } from '../contract/route-file.ts'
import type { UpstreamPool } from './upstream-pool.ts'

/** Looks after a pool as long as that lives: finds its members, asks them how they are, watches how their calls go. */
export interface Attendant {
  /** Begins. Not called where a configuration is only checked. */
  start(): void
  /** After `start`: it has looked once, or will not in reasonable time. Never rejects. */
  readonly ready?: Promise<void>
  close(): void
}

/** The upstream that a pool is of; `file`: where it is written. */
export interface AttendedUpstream { readonly name: string, readonly config: UpstreamConfig, readonly file: string }

/** Makes one; null where the upstream does not ask for it. Throws ConfigError with a pointer into the upstream's section. Touches nothing outside before `start`. */
export type Attend = (pool: UpstreamPool, upstream: AttendedUpstream) => Attendant | null
