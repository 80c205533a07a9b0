import type { Origin } from '../contract/config-error.ts'
import type { GatewayConfig } from '../contract/route-file.ts'
import { placeIn, type Findings } from './findings.ts'
import { readRoutes, type ReadRoute } from './read-routes.ts'
import { checkFile, readGlobalFilters, readIssuers, readKeyRings, readPlugins, readUpstreams, warnOfUnused, type PluginUse } from './read-sections.ts'
import { readSettings, settingsOrigin } from './read-settings.ts'
import type { RoomCatalogue } from './room-catalogue.ts'
import type { Source } from './source.ts'
import { child, eachLeaf } from './tree.ts'

/** The one model of all sources. It can be used only where there are no faults, or where those are of routes left out. */
export interface ReadConfig { readonly config: GatewayConfig, readonly plugins: readonly PluginUse[], readonly routes: readonly ReadRoute[] }

/** Makes one model of the sources. `complete`: every file could be read, so that a missing name is missing. */
export function readConfig (sources: readonly Source[], complete: boolean, { rooms, allRooms = false }: { rooms: RoomCatalogue, allRooms?: boolean }, findings: Findings): ReadConfig {
  for (const source of sources) checkFile(source, findings)
  const settings = readSettings(sources, findings)
  const upstreams = readUpstreams(sources, findings)
  const issuers = readIssuers(sources, findings)
  const keyRings = readKeyRings(sources, findings)
  const filters = readGlobalFilters(sources, findings)
  const names = [...upstreams.keys()]
  const plugins = readPlugins(sources)
  // A module that is not loaded yet may bring such a filter; whoever loads it reads the files once more
  const everywhere = (name: string) => rooms.filters.get(name)?.everywhere ?? (!allRooms && plugins.length > 0)
  const routes = sources.flatMap(source => readRoutes(source, { upstreams: { names, complete }, filters, everywhere }, findings))
  refuseDuplicates(routes, sources, findings)
  warnOfUnused(upstreams, textsIn(sources), findings)
  return {
    config: { settings, settingsOrigin: settingsOrigin(sources), upstreams, issuers, keyRings, routes: routes.flatMap(({ config }) => config ?? []) },
    plugins,
    routes
  }
}

function refuseDuplicates (routes: readonly ReadRoute[], sources: readonly Source[], findings: Findings): void {
  const first = new Map<string, Origin>()
  for (const { id, origin } of routes) {
    if (id === null) continue
    const at = { ...origin, pointer: `${origin.pointer}/id` }
    const earlier = first.get(id)
    if (earlier) findings.add('GW_CONFIG_DUPLICATE', at, `the route "${id}" is here and at ${placeIn(sources, earlier)}`)
    else first.set(id, at)
  }
}

/** Every scalar in routes and filters: an upstream can be named by any of them, and only the rooms know by which. */
function textsIn (sources: readonly Source[]): Set<unknown> {
  const texts = new Set<unknown>()
  for (const { root } of sources) {
    for (const section of ['routes', 'filters']) {
      const tree = child(root, section)
      if (tree) eachLeaf(tree, ({ value }) => texts.add(value))
    }
  }
  return texts
}
