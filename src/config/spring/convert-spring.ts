import type { Source } from '../source.ts'
import { branch, leaf, list, type Branch, type Tree } from '../tree.ts'
import { convertCors } from './convert-cors.ts'
import { convertRoute, type ForAllRoutes } from './convert-route.ts'
import { convertServices } from './convert-services.ts'
import { convertSettings } from './convert-settings.ts'
import { convertUse } from './convert-use.ts'
import { Conversion, type SpringOptions } from './conversion.ts'
import { convertDuration } from './durations.ts'
import { gatewayProperties, refuseProfiles, resolvedSection } from './gateway-properties.ts'
import { refuseLeftovers, warnOfOthers } from './leftovers.ts'
import { listed } from './listed.ts'
import { resolvePlaceholders } from './placeholders.ts'
import { Section, unfold } from './relaxed-section.ts'

/**
 * A Spring Cloud Gateway file in native form, every part where Spring's own stands. `default-filters` come before the filters
 * of each route; Spring sorts the two lists into each other by position. What has no equivalent is a fault.
 */
export function convertSpring (source: Source, options: SpringOptions): Branch {
  const conversion = new Conversion(source, options)
  const whole = unfold(source.root)
  const root = new Section(whole, '')
  const spring = root.section('spring')
  refuseProfiles(spring, conversion)
  refuseNative(root, conversion)
  const cloud = spring.section('cloud')
  const gateway = gatewayProperties(cloud, whole, conversion)
  const server = resolvedSection(root, 'server', whole, conversion)
  const upstreams = convertServices(cloud, whole, conversion)
  const made = convertGateway(gateway, server, upstreams, whole, conversion)
  for (const others of [server, cloud, spring, root]) warnOfOthers(others, conversion)
  return made
}

function convertGateway (gateway: Section, server: Section, upstreams: Tree | undefined, whole: Tree, conversion: Conversion): Branch {
  const { span } = conversion.source.root
  const client = gateway.section('httpclient')
  const globalCors = gateway.section('globalcors')
  const cors = convertGlobalCors(globalCors, conversion)
  const forAll = { connect: duration(client, 'connect-timeout', conversion), head: duration(client, 'response-timeout', conversion), hasCors: cors !== null }
  const settings = convertSettings(gateway, server, conversion)
  const defaults = convertDefaultFilters(gateway, conversion)
  const routes = convertRoutes(gateway, forAll, whole, conversion)
  for (const section of [client, globalCors, gateway]) refuseLeftovers(section, gateway.path, conversion)
  const filters = [...cors ? [cors] : [], ...defaults]
  return branch({
    version: leaf(1, span),
    gateway: settings,
    upstreams,
    filters: filters.length > 0 ? list(filters, filters[0]!.span) : undefined,
    routes
  }, span)
}

function convertDefaultFilters (gateway: Section, conversion: Conversion): Tree[] {
  const defaults = gateway.take('default-filters')
  return listed(defaults, conversion).flatMap((item, i) => convertUse(item, 'filter', `${defaults!.path}[${i}]`, conversion) ?? [])
}

function convertRoutes (gateway: Section, forAll: ForAllRoutes, whole: Tree, conversion: Conversion): Tree | undefined {
  const routes = gateway.take('routes')
  if (!routes) return undefined
  const converted = listed(routes, conversion).map((route, i) => {
    const path = `${routes.path}[${i}]`
    conversion.pointer = `/routes/${i}`
    return convertRoute(resolvePlaceholders(route, path, whole, conversion), i, path, forAll, conversion)
  })
  conversion.pointer = ''
  return list(converted, routes.value.span)
}

function duration (client: Section, name: string, conversion: Conversion): Tree | undefined {
  const property = client.take(name)
  return property && convertDuration(property.value, property.path, conversion)
}

/** One configuration for all paths is a filter of every route; routes have none that tells paths apart. */
function convertGlobalCors (section: Section, conversion: Conversion): Tree | null {
  const configurations = section.take('cors-configurations')
  if (configurations?.value.kind !== 'map') return null
  let made: Tree | null = null
  for (const [pattern, { key, value }] of configurations.value.entries) {
    const path = `${configurations.path}.${pattern}`
    if (/^\[?\/\*\*\]?$/.test(pattern)) made = convertCors(value, path, conversion)
    else conversion.refuse(key, path, 'has no equivalent: only [/**] is for all routes; give the routes of these paths their own in metadata.cors')
  }
  return made
}

/** Two files, because what belongs to which could not be told in one. */
function refuseNative (root: Section, conversion: Conversion): void {
  for (const name of ['routes', 'upstreams']) {
    const property = root.take(name)
    if (property) conversion.refuse(property.key, property.path, `"${name}" is not read in a Spring file: give a native file beside it`, 'GW_CONFIG_UNKNOWN_KEY')
  }
}
