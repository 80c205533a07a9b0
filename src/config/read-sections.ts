import Type from 'typebox'
import type { Origin } from '../contract/config-error.ts'
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

export interface NamedUpstream { readonly config: UpstreamConfig, readonly origin: Origin }

/** Upstreams are checked one by one, so that each has its defaults. */
const FileSchema = Config({ ...RouteFileSchema.properties, upstreams: Type.Optional(Type.Record(Type.String(), Type.Unknown())) })

/** Checks a file's sections against the format, all but what is inside upstreams, routes and uses of rooms. */
export function checkFile ({ root, file }: Source, findings: Findings): void {
  findings.under({ file, pointer: '' }, validate(FileSchema, toValue(root)).faults)
}

/** The upstreams of all files by their names. */
export function readUpstreams (sources: readonly Source[], findings: Findings): Map<string, NamedUpstream> {
  const upstreams = new Map<string, NamedUpstream>()
  for (const { root, file } of sources) {
    for (const name of namesOf(root, 'upstreams')) {
      const origin = { file, pointer: `/upstreams/${escapePointer(name)}` }
      const earlier = upstreams.get(name)
      if (earlier) findings.add('GW_CONFIG_DUPLICATE', origin, `the upstream "${name}" is here and at ${placeIn(sources, earlier.origin)}`)
      else upstreams.set(name, { config: readUpstream(root, name, origin, findings), origin })
    }
  }
  return upstreams
}

function readUpstream (root: Branch, name: string, origin: Origin, findings: Findings): UpstreamConfig {
  if (!new RegExp(NAME).test(name)) findings.add('GW_CONFIG_INVALID', origin, `"${name}" is no name of an upstream: letters, digits and . _ -`)
  const { value, faults } = validate(UpstreamSchema, toValue(child(child(root, 'upstreams'), name)!))
  findings.under(origin, faults)
  return value as UpstreamConfig
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
export function warnOfUnused (upstreams: ReadonlyMap<string, NamedUpstream>, named: ReadonlySet<unknown>, findings: Findings): void {
  for (const [name, { origin }] of upstreams) {
    if (!named.has(name)) findings.warn('GW_CONFIG_NO_EFFECT', origin, `no route uses the upstream "${name}"`)
  }
}
