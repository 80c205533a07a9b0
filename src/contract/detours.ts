import type { Exchange } from './exchange.ts'
import type { Reply } from './reply.ts'

/** The form of a room's Dispatch. */
type Way = (x: Exchange) => Promise<Reply>

/** The way to an upstream that gets copies of requests (`x.copy`) and answers nobody. */
export interface ShadowWay {
  /** Name, or origin. */
  readonly upstream: string
  /** Whether the upstream is declared a sandbox, so that what it is asked for changes nothing that matters. */
  readonly sandbox: boolean
  readonly call: Way
}

/** Ways for a request beside the upstream of its route. What they lead to is part of the plan: a reload that changes it makes the plan anew. */
export interface Detours {
  /** The call to another upstream (name or origin). ConfigError GW_CONFIG_UNKNOWN_UPSTREAM at `pointer` where there is none. */
  upstream(target: string, pointer: string): Way
  /**
   * The same with connections, health and ejections of its own, so that nothing that goes wrong there is felt by live requests to the same upstream. Routes that say
   * the same `lane` share them. ConfigError as above.
   */
  shadow(target: string, lane: string, pointer: string): ShadowWay
  /** Through another route of the same table, its filters included. ConfigError GW_CONFIG_UNKNOWN_ROUTE at `pointer` where there is none. */
  route(id: string, pointer: string): Way
  /** Looked up again under another path, as Spring's `forward:/path` does; 404 GW_NO_ROUTE where nothing takes it. */
  path(path: string): Way
}
