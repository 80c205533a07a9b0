import type { Clock, Log, Random } from '../../contract/services.ts'
import type { Address } from '../address.ts'
import type { Names } from './names.ts'

/** Where addresses come from, as long as it is not closed. */
export interface Source {
  /** It has answered, or failed, once; or it was closed before. */
  readonly asked: Promise<void>
  close(): void
}

/** Hears all that a source knows at the moment; told again also where nothing has changed. */
export type Told = (addresses: readonly Address[]) => void

/** Calls back when what a path leads to may have other content than before; gives the way to stop. Throws where it cannot watch. */
export type WatchFiles = (paths: readonly string[], changed: () => void) => () => void

/** What sources need from outside. */
export interface SourceDeps {
  /** Name of the upstream, for the log. */
  readonly upstream: string
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly names: Names
  readonly watch: WatchFiles
  /** Of the route file: files are named from there. */
  readonly baseFolder: string
}

/** A source that has been checked and can begin. */
export type Begin = (deps: SourceDeps, told: Told) => Source
