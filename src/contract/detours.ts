import type { Exchange } from './exchange.ts'
import type { Reply } from './reply.ts'

/** The form of a room's Dispatch. */
type Way = (x: Exchange) => Promise<Reply>

/** Ways for a request beside the upstream of its route. What they lead to is part of the plan: a reload that changes it makes the plan anew. */
export interface Detours {
  /** The call to another upstream (name or origin). ConfigError GW_CONFIG_UNKNOWN_UPSTREAM at `pointer` where there is none. */
  upstream(target: string, pointer: string): Way
  /** Through another route of the same table, its filters included. ConfigError GW_CONFIG_UNKNOWN_ROUTE at `pointer` where there is none. */
  route(id: string, pointer: string): Way
  /** Looked up again under another path, as Spring's `forward:/path` does; 404 GW_NO_ROUTE where nothing takes it. */
  path(path: string): Way
}
