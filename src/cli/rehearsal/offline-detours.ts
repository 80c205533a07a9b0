import type { Detours } from '../../contract/detours.ts'
import { problem } from '../../contract/refuse.ts'
import type { Dispatch } from '../../contract/room.ts'
import type { GatewayConfig } from '../../contract/route-file.ts'
import type { Log } from '../../contract/services.ts'
import { forwardToPath, forwardToRoute } from '../../plan/forward.ts'
import type { Table } from '../../plan/table.ts'
import { checkRoute, checkUpstream, isSandbox, routeTo } from '../../scoped-services.ts'
import type { OfflineUpstreams } from './offline-upstreams.ts'

/** Where the ways of a rehearsal lead. */
export interface OfflineWays {
  /** Id of the route they begin at. */
  readonly route: string
  readonly upstreams: OfflineUpstreams
  /** The plans, to be looked up without anybody watching. */
  readonly table: () => Table
}

const SILENT: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

const nowhere: Dispatch = async x => problem('GW_NO_ENDPOINT', x.id)

/** Names are checked as in a gateway. Requests go the ways of the rehearsal, as far as any call of it goes; without them nowhere. */
export function offlineDetours (config: GatewayConfig, ways: OfflineWays | null = null): Detours {
  const forward = ways && { table: ways.table, log: SILENT }
  return {
    upstream: (target, pointer) => {
      if (ways !== null) return ways.upstreams.callOf(routeTo(target, ways.route, config, pointer))
      checkUpstream(target, config, pointer)
      return nowhere
    },
    // A rehearsal tells of what clients are answered by, and they are never answered by a shadow
    shadow: (target, _lane, pointer) => {
      checkUpstream(target, config, pointer)
      return { upstream: target, sandbox: isSandbox(target, config), call: nowhere }
    },
    route: (id, pointer) => {
      checkRoute(id, config, pointer)
      return forward === null ? nowhere : forwardToRoute(id, forward)
    },
    path: path => forward === null ? nowhere : forwardToPath(path, forward)
  }
}
