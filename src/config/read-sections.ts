import Type, { type TSchema } from 'typebox'
import type { Origin } from '../contract/config-error.ts'
import { IssuerSchema, KeyRingSchema, type IssuerConfig, type KeyRingConfig } from '../contract/issuers.ts'
import type { UpstreamConfig, Use } from '../contract/route-file.ts'
import { UpstreamSchema } from '../contract/route-file.ts'
import { Config } from '../contract/units.ts'
import { escapePointer, validate } from '../contract/validate.ts'
import { placeIn, type Findings } from './findings.ts'
import { readFilters } from './read-uses.ts'
import { NAME, RouteFileSchema } from './route-file-schema.ts'
import type { Source } from './source.ts'
import { child, items, textOf, toValue, type Branch } from './tree.ts'

/** A module with rooms that a file asks for. `file` is absolute: a relative specifier starts from its folder. */
export interface PluginUse { readonly specifier: string, readonly origin: Origin, readonly file: string }

/** An entry of a section whose entries have names. */
export interface Named<C> { readonly config: C, readonly origin: Origin }

const Entries = Type.Optional(Type.Record(Type.String(), Type.Unknown()))

/** Entries that have names are checked one by one, so that each has its defaults. */
const FileSchema = Config({ ...RouteFileSchema.properties, upstreams: Entries, issuers: Entries, keyRings: Entries })

/** Checks a file's sections against the format, all but what is inside upstreams, routes and uses of rooms. */
export function checkFile ({ root, file }: Source, findings: Findings): void {
  findings.under({ file, pointer: '' }, validate(FileSchema, toValue(root)).faults)
}

/** The upstreams of all files by their names. */
export function readUpstreams (sources: readonly Source[], findings: Findings): Map<string, Named<UpstreamConfig>> {
  const upstreams = readNamed<UpstreamConfig | null>('upstreams', 'an upstream', UpstreamSchema, sources, findings)
  for (const { config, origin } of upstreams.values()) {
    if (config && !config.endpoints && !config.discover) findings.add('GW_CONFIG_INVALID', origin, '"endpoints" is missing: where it is; or "discover", where that is found')
  }
  return upstreams as Map<string, Named<UpstreamConfig>>
}

/** The issuers of all files by their names. */
export const readIssuers = (sources: readonly Source[], findings: Findings): Map<string, Named<IssuerConfig>> =>
  readNamed('issuers', 'an issuer', IssuerSchema, sources, findings)

/** The key rings of all files by their names; text alone is that of the ring. */
export function readKeyRings (sources: readonly Source[], findings: Findings): Map<string, Named<KeyRingConfig>> {
  const rings = readNamed<string | KeyRingConfig>('keyRings', 'a key ring', KeyRingSchema, sources, findings)
  return new Map([...rings].map(([name, { config, origin }]) => [name, { config: typeof config === 'string' ? { keys: config } : config, origin }]))
}

function readNamed<C> (section: string, kind: string, schema: TSchema, sources: readonly Source[], findings: Findings): Map<string, Named<C>> {
  const found = new Map<string, Named<C>>()
  for (const { root, file } of sources) {
    for (const name of namesOf(root, section)) {
      const origin = { file, pointer: `/${section}/${escapePointer(name)}` }
      const earlier = found.get(name)
      if (earlier) findings.add('GW_CONFIG_DUPLICATE', origin, `the ${kind.replace(/^an? /, '')} "${name}" is here and at ${placeIn(sources, earlier.origin)}`)
      else found.set(name, { config: readEntry(root, section, name, kind, schema, origin, findings) as C, origin })
    }
  }
  return found
}

function readEntry (root: Branch, section: string, name: string, kind: string, schema: TSchema, origin: Origin, findings: Findings): unknown {
  if (!new RegExp(NAME).test(name)) findings.add('GW_CONFIG_INVALID', origin, `"${name}" is no name of ${kind}: letters, digits and . _ -`)
  const { value, faults } = validate(schema, toValue(child(child(root, section), name)!))
  findings.under(origin, faults)
  return value
}

const namesOf = (root: Branch, section: string): string[] => {
  const map = child(root, section)
  return map?.kind === 'map' ? [...map.entries.keys()] : []
}

/** The filters of every route, in the order of the files. */
export const readGlobalFilters = (sources: readonly Source[], findings: Findings): Use[] =>
  sources.flatMap(({ root, file }) => readFilters(child(root, 'filters'), { file, pointer: '/filters' }, findings))

/** The modules that the files ask for. */
export function readPlugins (sources: readonly Source[]): PluginUse[] {
  return sources.flatMap(({ root, file, path }) => {
    const plugins = child(root, 'plugins')
    const listed = plugins?.kind === 'leaf' ? [plugins] : items(plugins)
    return listed.map((plugin, i) => ({ specifier: textOf(plugin), origin: { file, pointer: `/plugins/${i}` }, file: path }))
  })
}

/** Warns of upstreams that nothing in routes and filters names. */
export function warnOfUnused (upstreams: ReadonlyMap<string, Named<unknown>>, named: ReadonlySet<unknown>, findings: Findings): void {
  for (const [name, { origin }] of upstreams) {
    if (!named.has(name)) findings.warn('GW_CONFIG_NO_EFFECT', origin, `no route uses the upstream "${name}"`)
  }
}
