import { ConfigErrors, type ConfigError, type Origin } from '../contract/config-error.ts'
import type { GatewayConfig } from '../contract/route-file.ts'
import { Findings } from './findings.ts'
import { interpolate, type Environment } from './interpolate.ts'
import { locate } from './locate.ts'
import { readConfig, type ReadConfig } from './read-config.ts'
import { isOfRoute } from './read-routes.ts'
import type { PluginUse } from './read-sections.ts'
import { readSources } from './read-sources.ts'
import type { ReadFile } from './read-text.ts'
import { Redactor } from './redactor.ts'
import type { RoomCatalogue } from './room-catalogue.ts'
import type { Source } from './source.ts'
import { convertSpring } from './spring/convert-spring.ts'

export interface LoadOptions {
  readonly env: Readonly<Record<string, string | undefined>>
  /** Says how Spring's predicates and filters are written here. Those of plugins may be missing. */
  readonly rooms: RoomCatalogue
  /** Those of plugins are among `rooms`. */
  readonly allRooms?: boolean
  /** In place of the disk; every path is a file then. */
  readonly readFile?: ReadFile
  /** Leaves out routes that are wrong, as `broken`, where all else is sound. */
  readonly keepGoing?: boolean
}

/** A route that is left out. */
export interface BrokenRoute { readonly id: string | null, readonly origin: Origin, readonly errors: readonly ConfigError[] }

export interface LoadedConfig {
  readonly config: GatewayConfig
  /** What to watch, absolute: the files, the folders that were given, and the files that references name. */
  readonly files: readonly string[]
  readonly plugins: readonly PluginUse[]
  /** Empty unless `keepGoing`. */
  readonly broken: readonly BrokenRoute[]
  readonly warnings: readonly ConfigError[]
  /** Names the place of a fault that was found later, by its origin. */
  locate (error: ConfigError): ConfigError
  /** Masks what references to files and to secret variables stand for, and passwords in URLs. */
  redact (text: string): string
}

/** Reads route files into the one model that is compiled. Throws ConfigErrors: everything that is wrong in them, each with its place. */
export async function loadConfig (paths: readonly string[], options: LoadOptions): Promise<LoadedConfig> {
  const secrets = new Redactor()
  const referenced = new Set<string>()
  const environment: Environment = { env: options.env, readFile: options.readFile, secrets, onFile: path => referenced.add(path) }
  const read = await readSources(paths, options.readFile)
  const findings = new Findings()
  const sources = await Promise.all(read.sources.map(source => resolved(source, environment, options.rooms, findings)))
  const found = readConfig(sources, read.complete, options, findings)
  const faults = [...read.faults, ...independent(findings.faults)].map(fault => locate(fault, sources, secrets))
  const broken = options.keepGoing ? brokenRoutes(faults, found) : null
  if (faults.length > 0 && !broken) throw new ConfigErrors(inOrder(faults, read.files.map(({ name }) => name)))
  return {
    config: broken ? without(broken, found.config) : found.config,
    files: [...read.files.map(({ path }) => path), ...read.folders, ...referenced],
    plugins: found.plugins,
    broken: broken ?? [],
    warnings: findings.warnings.map(warning => locate(warning, sources, secrets)),
    locate: error => locate(error, sources, secrets),
    redact: text => secrets.redact(text)
  }
}

/** The source with its references resolved and in native form, whatever it was written for. */
async function resolved (source: Source, environment: Environment, rooms: RoomCatalogue, findings: Findings): Promise<Source> {
  if (source.spring) return { ...source, root: convertSpring(source, { ...environment, rooms, findings, missing: 'fault' }) }
  findings.faults.push(...await interpolate(source, environment))
  return source
}

/** A value whose reference could not be resolved is wrong for no other reason. */
function independent (faults: readonly ConfigError[]): ConfigError[] {
  const unresolved = new Set(faults.filter(({ code }) => code === 'GW_CONFIG_INTERPOLATION').map(at))
  return faults.filter(fault => fault.code === 'GW_CONFIG_INTERPOLATION' || !unresolved.has(at(fault)))
}

const at = ({ file, pointer }: ConfigError): string => `${file}#${pointer}`

/** The routes that the faults are of; null where one is of something else, or makes it unclear which route is meant. */
function brokenRoutes (faults: readonly ConfigError[], { routes }: ReadConfig): BrokenRoute[] | null {
  const broken = routes
    .map(({ id, origin }) => ({ id, origin, errors: faults.filter(fault => fault.code !== 'GW_CONFIG_DUPLICATE' && isOfRoute(fault, origin)) }))
    .filter(({ errors }) => errors.length > 0)
  return broken.reduce((sum, { errors }) => sum + errors.length, 0) === faults.length ? broken : null
}

const without = (broken: readonly BrokenRoute[], config: GatewayConfig): GatewayConfig =>
  ({ ...config, routes: config.routes.filter(({ origin }) => !broken.some(({ origin: { file, pointer } }) => file === origin.file && pointer === origin.pointer)) })

/** By file, line and column, so that a list of faults reads like the files. */
function inOrder (faults: readonly ConfigError[], names: readonly string[]): ConfigError[] {
  const rank = ({ file, place }: ConfigError): [number, number, number] => {
    const [line = 0, column = 0] = place.slice(file.length + 1).split(':').map(Number)
    return [names.indexOf(file), line, column]
  }
  return faults.map(fault => ({ fault, rank: rank(fault) }))
    .sort((a, b) => a.rank[0] - b.rank[0] || a.rank[1] - b.rank[1] || a.rank[2] - b.rank[2])
    .map(({ fault }) => fault)
}
