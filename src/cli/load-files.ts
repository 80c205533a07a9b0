import { loadConfig, type LoadedConfig } from '../config/load-config.ts'
import { loadRooms } from '../config/load-rooms.ts'
import { ConfigError, ConfigErrors, type Origin } from '../contract/config-error.ts'
import { roomsOf, type Rooms } from '../plan/compile-room.ts'
import { compileAll, type Compiled } from './compile-all.ts'
import type { Io } from './command.ts'

/** Route files and the rooms to compile them with. */
export interface Loaded extends LoadedConfig { readonly rooms: Rooms }

/** What is read where no files are named. */
export const DEFAULT_FILE = 'routes.yaml'

/**
 * Loads route files and the rooms their `plugins:` name. The files are read twice where there are plugins: Spring's notation needs the
 * rooms to be known. Throws ConfigErrors with their places.
 */
export async function loadFiles (files: readonly string[], io: Io, keepGoing = false): Promise<Loaded> {
  const builtIn = roomsOf(io.rooms.filters, io.rooms.predicates)
  const paths = files.length > 0 ? files : [DEFAULT_FILE]
  const first = await loadConfig(paths, { env: io.env, rooms: builtIn, keepGoing })
  if (first.plugins.length === 0) return { ...first, rooms: builtIn }
  const { rooms, faults } = await loadRooms(first.plugins, builtIn)
  if (faults.length > 0) throw located(faults, first)
  return { ...await loadConfig(paths, { env: io.env, rooms, allRooms: true, keepGoing }), rooms }
}

/** Loads and compiles route files in which nothing may be wrong. Throws ConfigErrors: what the loader and the compiler have found. */
export async function compileFiles (files: readonly string[], io: Io): Promise<{ loaded: Loaded, compiled: Compiled }> {
  const loaded = await loadFiles(files, io, true)
  const compiled = compileAll(loaded)
  const faults = [...loaded.broken.flatMap(({ errors }) => errors), ...located(compiled.faults, loaded).errors]
  if (faults.length > 0) throw new ConfigErrors(inOrder(faults))
  return { loaded, compiled }
}

/** Faults of the compiler with their places in the files. */
export function located (faults: readonly ConfigError[], loaded: LoadedConfig): ConfigErrors {
  return new ConfigErrors(faults.map(fault => fault.place === '' ? loaded.locate(fault) : fault))
}

/** `file:line:column` of an origin. */
export const placeOf = (origin: Origin, loaded: LoadedConfig): string =>
  loaded.locate(new ConfigError('GW_CONFIG_INVALID', '', '').under(origin)).place

/** Files as they were given, each from top to bottom. */
function inOrder (faults: readonly ConfigError[]): ConfigError[] {
  const files = [...new Set(faults.map(({ file }) => file))]
  const rank = ({ file, place }: ConfigError): number => {
    const [line = 0, column = 0] = place.slice(file.length + 1).split(':').map(Number)
    return (files.indexOf(file) * 1e6 + line) * 1e4 + column
  }
  return faults.map(fault => [rank(fault), fault] as const).sort(([a], [b]) => a - b).map(([, fault]) => fault)
}
