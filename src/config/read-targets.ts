import Type from 'typebox'
import type { Origin } from '../contract/config-error.ts'
import { hint } from '../contract/nearest.ts'
import type { RequestKeyConfig } from '../contract/request-key.ts'
import type { Target } from '../contract/route-file.ts'
import { Config } from '../contract/units.ts'
import { describe, validate } from '../contract/validate.ts'
import { inside, type Findings } from './findings.ts'
import { SplitSchema, TargetSchema, UpstreamName } from './route-file-schema.ts'
import { child, textOf, toValue, type Branch, type Tree } from './tree.ts'

/** The upstreams that there are, and whether all files could be read, so that a name missing there is a fault. */
export interface KnownUpstreams { readonly names: readonly string[], readonly complete: boolean, readonly spring: boolean }

/** Where a route's requests go, and what decides among several places. */
export interface Destination { readonly targets: readonly Target[], readonly splitBy: RequestKeyConfig | null }

/** What a route's `upstream` says. */
export function readDestination (upstream: Tree | undefined, origin: Origin, known: KnownUpstreams, findings: Findings): Destination {
  if (upstream === undefined) return { targets: [], splitBy: null }
  const isSplit = upstream.kind === 'map' && (upstream.entries.has('split') || upstream.entries.has('by'))
  return isSplit ? readSplit(upstream, origin, known, findings) : { targets: readTargets(upstream, origin, known, findings), splitBy: null }
}

/** Its list has a reader of its own, which says more about what is wrong there. */
const SplitRest = Config({ ...SplitSchema.properties, split: Type.Unknown({ 'x-expects': 'a list of { to, weight }' }) })

function readSplit (upstream: Branch, origin: Origin, known: KnownUpstreams, findings: Findings): Destination {
  const { value, faults } = validate(SplitRest, toValue(upstream))
  findings.under(origin, faults)
  const split = child(upstream, 'split')
  const targets = split === undefined ? [] : readTargets(split, inside(origin, '/split'), known, findings)
  if (faults.length > 0) return { targets, splitBy: null }
  if (split?.kind !== 'list' || split.items.length === 1) findings.add('GW_CONFIG_NO_EFFECT', inside(origin, '/by'), 'there is only one target: all requests go there')
  return { targets, splitBy: (value as { by: RequestKeyConfig }).by }
}

function readTargets (upstream: Tree, origin: Origin, known: KnownUpstreams, findings: Findings): Target[] {
  const list = upstream.kind === 'list' ? upstream.items.map((item, i) => [item, inside(origin, `/${i}`)] as const) : [[upstream, origin] as const]
  if (list.length === 0) findings.add('GW_CONFIG_INVALID', origin, `expected ${describe(UpstreamName)}, or a list of { to, weight }`)
  const targets = list.flatMap(([item, at]) => readTarget(item, at, known, findings) ?? [])
  if (targets.length > 0 && targets.every(({ weight }) => weight === 0)) {
    findings.add('GW_CONFIG_INVALID', origin, 'at least one weight must be above 0')
  }
  return targets
}

function readTarget (item: Tree, origin: Origin, known: KnownUpstreams, findings: Findings): Target | null {
  const written = item.kind === 'map' ? item : null
  const { value, faults } = validate(written ? TargetSchema : UpstreamName, toValue(item))
  findings.under(origin, faults)
  if (faults.length > 0) return null
  const { to, weight } = written ? value as { to: string, weight: number } : { to: value as string, weight: 1 }
  const at = written ? inside(origin, '/to') : origin
  const shown = textOf(child(item, 'to') ?? item, 'written')
  const place = to.includes('://') ? readOrigin(to, at, findings) : readName(to, shown, at, known, findings)
  return place === null ? null : { to: place, weight, origin }
}

function readName (name: string, shown: string, origin: Origin, { names, complete, spring }: KnownUpstreams, findings: Findings): string | null {
  if (names.includes(name) || !complete) return name
  const how = spring
    ? '; give a native file beside this one that has it under upstreams'
    : names.length > 0 ? hint(shown, names) : '; upstreams is empty'
  findings.add('GW_CONFIG_UNKNOWN_UPSTREAM', origin, `no upstream is named "${shown}"${how}`)
  return null
}

/** An origin is a scheme, a host and a port (RFC 6454 4): what else a URL has would be lost without a word. */
function readOrigin (text: string, origin: Origin, findings: Findings): string | null {
  const url = URL.parse(text)
  if (url && /^https?:$/.test(url.protocol) && `${url.pathname}${url.search}${url.hash}${url.username}${url.password}` === '/') return url.origin
  findings.add('GW_CONFIG_INVALID', origin, `expected an origin such as http://10.0.0.7:8080${remedy(url)}`)
  return null
}

function remedy (url: URL | null): string {
  if (!url) return ''
  if (/^wss?:$/.test(url.protocol)) return ' (http and https: WebSocket upgrades pass through them)'
  if (!/^https?:$/.test(url.protocol)) return ' (http or https)'
  return url.username || url.password ? ' (without user and password)' : ' (without a path: a filter of the route can put one before its paths)'
}
