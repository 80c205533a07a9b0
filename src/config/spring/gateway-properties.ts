import { branch, child, type Branch, type Entry, type Tree } from '../tree.ts'
import type { Conversion } from './conversion.ts'
import { resolvePlaceholders } from './placeholders.ts'
import { canonical, Section } from './relaxed-section.ts'

const OLD = 'spring.cloud.gateway'
const NEW = 'spring.cloud.gateway.server.webflux'

/**
 * The gateway's properties, from their old place, their new one or both, with placeholders resolved in all but the routes,
 * which are done one by one.
 */
export function gatewayProperties (cloud: Section, whole: Tree, conversion: Conversion): Section {
  const gateway = cloud.take('gateway')
  const old = new Section(gateway?.value, OLD)
  const server = old.section('server')
  const webflux = server.take('webflux')
  const properties = new Map<string, Entry>(webflux?.value.kind === 'map' ? webflux.value.entries : [])
  const path = properties.size > 0 ? NEW : OLD
  for (const { key, path: at, value } of [...old.left(), ...server.left()]) {
    const name = at.slice(OLD.length + 1)
    const twice = [...properties.keys()].find(other => canonical(other) === canonical(name))
    if (twice) conversion.refuse(key, at, `${path}.${twice} says this too; write it once`, 'GW_CONFIG_DUPLICATE')
    else properties.set(name, { key, value })
  }
  const resolved = [...properties].map(([key, entry]) =>
    [key, canonical(key) === 'routes' ? entry : { ...entry, value: resolvePlaceholders(entry.value, `${path}.${key}`, whole, conversion) }] as const)
  return new Section({ ...emptyAt(whole), entries: new Map(resolved) }, path)
}

const emptyAt = ({ span }: Tree): Branch => branch({}, span)

/** A section outside the gateway's with placeholders resolved in what the gateway reads of it. */
export function resolvedSection (root: Section, name: 'server', whole: Tree, conversion: Conversion): Section {
  const section = root.take(name)
  if (section?.value.kind !== 'map') return new Section(undefined, name)
  const entries = [...section.value.entries].map(([key, entry]) =>
    [key, READ.includes(canonical(key)) ? { ...entry, value: resolvePlaceholders(entry.value, `${name}.${key}`, whole, conversion) } : entry] as const)
  return new Section({ ...section.value, entries: new Map(entries) }, name)
}

const READ = ['port', 'address']

/** Documents for one profile only: which profiles are on, nobody says here. */
export function refuseProfiles (spring: Section, conversion: Conversion): void {
  const hint = 'there are no profiles: give the documents that apply as files of their own'
  const config = spring.take('config')
  const activate = config && child(config.value, 'activate')
  if (config && activate) conversion.refuse(activate.span, 'spring.config.activate', hint)
  else if (config) conversion.warn(config.key, config.path, 'not read: it does not belong to the gateway')
  const profiles = spring.take('profiles')
  if (!profiles) return
  if (profiles.value.kind === 'map') conversion.warn(profiles.key, profiles.path, 'not read: there are no profiles')
  else conversion.refuse(profiles.key, profiles.path, hint)
}
