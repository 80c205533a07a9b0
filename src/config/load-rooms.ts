import { readdirSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ConfigError, type Origin } from '../contract/config-error.ts'
import type { Filter, Predicate } from '../contract/room.ts'
import { importRoom } from './import-room.ts'
import type { RoomCatalogue } from './room-catalogue.ts'
import { asRoom, exportsOf } from './room-exports.ts'

/** One entry of `plugins:`. */
export interface PluginSource { readonly specifier: string, readonly file: string, readonly origin: Origin }

interface Rooms { readonly filters: Map<string, Filter>, readonly predicates: Map<string, Predicate> }

/** In the order in which one is taken where there are several. */
const INDEXES = ['index.ts', 'index.mts', 'index.cts', 'index.js', 'index.mjs', 'index.cjs']

/**
 * Loads the rooms that operators wrote: `./folder` beside the route file, a file, or a package. A folder is one module (`index.ts`,
 * `index.js`) or a folder of rooms. A module exports rooms by default, by name or in lists. Gives the built-in rooms and these together,
 * and a fault with its file for each module that is none.
 */
export async function loadRooms (plugins: readonly PluginSource[], builtIn: RoomCatalogue): Promise<{ rooms: RoomCatalogue, faults: ConfigError[] }> {
  const rooms: Rooms = { filters: new Map(builtIn.filters), predicates: new Map(builtIn.predicates) }
  const faults: ConfigError[] = []
  for (const plugin of plugins) {
    const fault = (error: unknown) => faults.push(faultOf(error, plugin).under(plugin.origin))
    for (const module of modulesOf(plugin, fault)) await add(module, plugin, rooms).catch(fault)
  }
  return { rooms, faults }
}

/** What to import for one entry: files, or the entry itself where it names a package. */
function modulesOf (plugin: PluginSource, fault: (error: unknown) => void): string[] {
  try {
    return isPath(plugin.specifier) ? filesOf(resolve(dirname(plugin.file), plugin.specifier)) : [plugin.specifier]
  } catch (error) {
    fault(error)
    return []
  }
}

const isPath = (specifier: string): boolean => specifier.startsWith('.') || specifier.startsWith('/')

function filesOf (path: string): string[] {
  if (!statSync(path).isDirectory()) return [path]
  const index = indexOf(path)
  if (index) return [index]
  const nested = subfolders(path).flatMap(folder => indexOf(folder) ?? subfolders(folder).map(indexOf).filter(found => found !== null))
  if (nested.length === 0) throw new Error('the folder holds no index.ts or index.js, nor folders that do')
  return nested
}

function indexOf (folder: string): string | null {
  const names = new Set(readdirSync(folder))
  const name = INDEXES.find(index => names.has(index))
  return name === undefined ? null : join(folder, name)
}

function subfolders (folder: string): string[] {
  return readdirSync(folder).filter(name => !name.startsWith('.') && name !== 'node_modules').sort()
    .map(name => join(folder, name)).filter(path => statSync(path, { throwIfNoEntry: false })?.isDirectory())
}

async function add (module: string, { specifier, file }: PluginSource, rooms: Rooms): Promise<void> {
  const { path, namespace } = await importRoom(isPath(specifier) ? pathToFileURL(module).href : module, file)
  const found = exportsOf(namespace)
  if (found.length === 0) throw new ConfigError('GW_CONFIG_BAD_ROOM', '', `${path} exports nothing`)
  for (const one of found) {
    const room = asRoom(one, path)
    const map: Map<string, Filter | Predicate> = room.kind === 'filter' ? rooms.filters : rooms.predicates
    const known = map.get(room.name)
    if (known === room) continue
    if (known) throw new ConfigError('GW_CONFIG_DUPLICATE', '', `${path}: a ${room.kind} named "${room.name}" is there already, ${known.file ?? 'a built-in one'}`)
    map.set(room.name, room)
  }
}

function faultOf (error: unknown, { specifier }: PluginSource): ConfigError {
  if (error instanceof ConfigError) return error
  return new ConfigError('GW_CONFIG_BAD_ROOM', '', `"${specifier}" cannot be found: ${(error as Error).message}`)
}
