import { child, eachLeaf, leaf } from '../tree.ts'
import type { Conversion } from './conversion.ts'
import { canonical, Section, type Property } from './relaxed-section.ts'

/** Properties that say what the gateway does anyway; the value they must have for that, null for any. */
const NO_DIFFERENCE: readonly (readonly [RegExp, string | null])[] = [
  [/^enabled$/, 'true'],
  [/^failonroutedefinitionerror$/, 'true'],
  [/^globalcors\.addtosimpleurlhandlermapping$/, null],
  [/^metrics\.enabled$/, 'true'],
  [/^streamingmediatypes/, null], // every answer is streamed as it comes
  [/^loadbalancer\.use404$/, 'false'],
  [/^http(client|server)\.wiretap$/, 'false'],
  [/^httpclient\.compression$/, 'false'],
  [/^(filter|predicate)\.[^.]+\.enabled$/, 'true']
]

/** What to do instead, where there is something to do. */
const INSTEAD: readonly (readonly [RegExp, string])[] = [
  [/^trustedproxies/, 'it is a Java regular expression; list the addresses under gateway.trustedProxies of a native file'],
  [/^discovery/, 'services are not looked up; write a route for each'],
  [/^httpclient\.pool/, 'connections are an upstream\'s own: `connections` and `keepAlive` under upstreams of a native file'],
  [/^httpclient\.ssl/, 'TLS is an upstream\'s own: `tls` under upstreams of a native file'],
  [/^routes\[/, 'write the routes as a list'],
  [/^(server|mvc)\./, 'routes are read from spring.cloud.gateway and spring.cloud.gateway.server.webflux']
]

/** Refuses what nobody took of Spring's gateway properties: nothing of them is lost without a word. `prefix`: the way to all of them. */
export function refuseLeftovers (section: Section, prefix: string, conversion: Conversion): void {
  for (const property of section.left().filter(left => !isIdleLocator(left))) {
    eachLeaf(property.value, ({ value, span }, pointer) => {
      const path = property.path + pointer.replace(/\/(\d+)/g, '[$1]').replaceAll('/', '.')
      const name = canonical(path.slice(prefix.length + 1))
      if (NO_DIFFERENCE.some(([known, only]) => known.test(name) && (only === null || String(value) === only))) return
      const instead = INSTEAD.find(([known]) => known.test(name))?.[1]
      conversion.refuse(span.start === span.end ? property.key : span, path, `has no equivalent${instead ? `: ${instead}` : ''}`)
    })
  }
}

/** What Spring would do with the services that it looked up, if it did. */
function isIdleLocator ({ key, path, value }: Property): boolean {
  if (canonical(path.split('.').at(-1)!) !== 'discovery') return false
  const enabled = new Section(child(value, 'locator'), '').take('enabled') ?? { key, path, value: leaf(false, key) }
  return enabled.value.kind === 'leaf' && String(enabled.value.value) !== 'true'
}

/** Warns of the sections of an application file that are not the gateway's. */
export function warnOfOthers (section: Section, conversion: Conversion): void {
  for (const { key, path } of section.left()) conversion.warn(key, path, 'not read: it does not belong to the gateway')
}
