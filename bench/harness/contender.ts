import type { Child } from './child.ts'
import type { Lab } from './lab.ts'

/** The port of the upstream, and what else a server may have to be configured for. */
export interface Site {
  readonly upstreamPort: number
  /** Client connections that it must be able to hold. */
  readonly connections: number
}

/** A server that is up. */
export interface Running {
  readonly child: Child
  /** Where clients reach it, without a slash at the end. */
  readonly url: string
}

/** One server under test: how to configure and start it. */
export interface Contender {
  readonly name: string
  /** The command it needs, for those that are not Node. */
  readonly binary?: string
  /** A reply header that shows it does what its row claims, besides answering with the upstream's body. */
  readonly replyHeader?: string
  /** Resolves when it answers; rejects, with nothing left running, where it cannot be started. */
  start (lab: Lab, site: Site): Promise<Running>
}
