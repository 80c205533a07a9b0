import { basename } from 'node:path'
import { ConfigError, ConfigErrors } from '../contract/config-error.ts'
import { Findings } from './findings.ts'
import type { LoadOptions } from './load-config.ts'
import { locate } from './locate.ts'
import { printNative, type Comments } from './print-native.ts'
import { readSources } from './read-sources.ts'
import { Redactor } from './redactor.ts'
import { convertSpring } from './spring/convert-spring.ts'
import { child, items, textOf, type Branch } from './tree.ts'

/** A native route file, and what to know about it. */
export interface ImportedSpring { readonly yaml: string, readonly warnings: readonly ConfigError[] }

const SCHEMA = './schema/routes.schema.json'

/**
 * Turns a Spring Cloud Gateway file into a native one that loads as the same configuration. References to the environment stay
 * references. Throws ConfigErrors: everything in it that has no equivalent, with its place.
 */
export async function importSpring (path: string, options: LoadOptions): Promise<ImportedSpring> {
  const secrets = new Redactor()
  const { sources: [source], faults } = await readSources([path], options.readFile)
  if (!source || faults.length > 0) throw new ConfigErrors(faults)
  if (!source.spring) throw new ConfigErrors([new ConfigError('GW_CONFIG_INVALID', '', 'there is no spring: section in it, so there is nothing to import', source.file, `${source.file}:1:1`)])
  const findings = new Findings()
  const root = convertSpring(source, { env: options.env, secrets, rooms: options.rooms, findings, missing: 'keep' })
  const converted = { ...source, root }
  if (findings.faults.length > 0) throw new ConfigErrors(findings.faults.map(fault => locate(fault, [converted], secrets)))
  const homeless = services(root)
  for (const [name, pointer] of homeless) {
    findings.warn('GW_CONFIG_UNKNOWN_UPSTREAM', { file: source.file, pointer }, `say under upstreams where "${name}" is`)
  }
  const head = ` yaml-language-server: $schema=${SCHEMA}\n Made from ${basename(path)} by \`gatehouse import\`.`
  return {
    yaml: printNative(root, head, commentsOn(root, homeless)),
    warnings: findings.warnings.map(warning => locate(warning, [converted], secrets))
  }
}

/** Services by the name that `lb://` gave them, with where the first route names each. */
function services (root: Branch): Map<string, string> {
  const found = new Map<string, string>()
  const upstreams = child(root, 'upstreams')
  for (const [i, route] of items(child(root, 'routes')).entries()) {
    const upstream = child(route, 'upstream')
    const name = upstream && textOf(upstream, 'written')
    if (name === undefined || name.includes('://') || name.includes('${') || child(upstreams, name) || found.has(name)) continue
    found.set(name, `/routes/${i}/upstream`)
  }
  return found
}

function commentsOn (root: Branch, homeless: ReadonlyMap<string, string>): Comments {
  const both = child(root, 'filters') && items(child(root, 'routes')).some(route => child(route, 'filters'))
  const stubs = [...homeless.keys()].map(name => `   ${name}: { endpoints: [http://${name}:8080] }`)
  return {
    ...both && { filters: ' These act before the filters of each route; Spring sorts the two lists into each other by position.' },
    ...stubs.length > 0 && { routes: [' Say where these services are:', ' upstreams:', ...stubs].join('\n') }
  }
}
