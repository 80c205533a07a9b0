import { branch, items, leaf, list, textOf, type Tree } from '../tree.ts'
import type { Conversion } from './conversion.ts'
import { resolvePlaceholders } from './placeholders.ts'
import { Section } from './relaxed-section.ts'

/** The services that `spring.cloud.discovery.client.simple.instances` lists, as `upstreams`, so that `lb://name` finds them. */
export function convertServices (cloud: Section, whole: Tree, conversion: Conversion): Tree | undefined {
  const simple = cloud.section('discovery').section('client').section('simple')
  const instances = simple.take('instances')
  if (instances?.value.kind !== 'map') return undefined
  const { value, path } = instances
  const services = [...value.entries].map(([name, entry]) =>
    [name, serviceOf(resolvePlaceholders(entry.value, `${path}.${name}`, whole, conversion), `${path}.${name}`, conversion)] as const)
  return branch(Object.fromEntries(services), value.span)
}

function serviceOf (instances: Tree, path: string, conversion: Conversion): Tree {
  const endpoints = items(instances).map((instance, i) => endpointOf(new Section(instance, `${path}[${i}]`), instance, conversion))
  return branch({ endpoints: list(endpoints, instances.span) }, instances.span)
}

function endpointOf (instance: Section, at: Tree, conversion: Conversion): Tree {
  const uri = instance.take('uri')
  const host = instance.take('host')
  const port = instance.take('port')
  const secure = instance.take('secure')
  for (const { key, path } of instance.left()) conversion.warn(key, path, 'not read: an endpoint here is its address')
  if (uri) return uri.value
  const address = (of: 'value' | 'written') =>
    `${textOf(secure?.value, of) === 'true' ? 'https' : 'http'}://${textOf(host?.value, of)}${port ? `:${textOf(port.value, of)}` : ''}`
  return leaf(address('value'), (host?.value ?? at).span, address('written'))
}
