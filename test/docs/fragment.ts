import { parse, stringify } from 'yaml'

interface Route { id?: string, predicates?: unknown[], filters?: unknown[], upstream?: unknown }
interface File { version?: number, gateway?: object, upstreams?: Record<string, unknown>, issuers?: object, keyRings?: object, routes?: Route[], filters?: unknown[] }

const ANYWHERE = 'http://127.0.0.1:1'

/** What examples of filters name. */
const IDENTITIES = {
  gateway: { session: {} },
  issuers: { main: { issuer: 'https://idp.example.com', audiences: ['api'], client: { id: 'gateway', secret: 'a secret of the example' } } },
  keyRings: { passport: 'ephemeral', session: 'ephemeral', sticky: 'ephemeral' }
}

/**
 * A whole route file around a piece of one: `part` has some of the top-level keys, `route` the keys of one route, `predicate` and
 * `filter` are one use. What a piece names and does not define is put beside it.
 */
export function wholeFile (kind: string, text: string): string {
  if (kind === 'part') return stringify(completed(parse(text) as File))
  const route = kind === 'route' ? parse(text) as Route : { [`${kind}s`]: [parse(text) as unknown] }
  return stringify(completed({ routes: [route] }))
}

function completed ({ upstreams = {}, routes, filters, ...file }: File): File {
  const whole = routes?.map((route, i) => ({ id: `route-${i}`, predicates: ['path: /**'].map(text => parse(text) as unknown), upstream: ANYWHERE, ...route }))
  const mirrored = [filters, ...(whole ?? []).map(route => route.filters)].flatMap((uses = []) => uses.flatMap(shadowsIn))
  const named = [...mirrored, ...(whole ?? []).flatMap(route => namesIn(route.upstream))].filter(name => !name.includes('://') && !(name in upstreams))
  const all = { ...upstreams, ...Object.fromEntries(named.map(name => [name, { endpoints: [ANYWHERE] }])) }
  return { version: 1, ...IDENTITIES, ...file, ...Object.keys(all).length > 0 && { upstreams: all }, ...filters && { filters }, ...whole && { routes: whole } }
}

/** What one use of a filter names by `shadow: { to: ... }`. */
function shadowsIn (use: unknown): string[] {
  if (typeof use !== 'object' || use === null || !('shadow' in use)) return []
  const config = use.shadow
  const to = typeof config === 'object' && config !== null && 'to' in config ? config.to : config
  return [to].flat().map(one => typeof one === 'object' && one !== null && 'upstream' in one ? String(one.upstream) : String(one))
}

function namesIn (upstream: unknown): string[] {
  if (typeof upstream === 'string') return [upstream]
  if (Array.isArray(upstream)) return upstream.flatMap(namesIn)
  if (typeof upstream !== 'object' || upstream === null) return []
  return 'split' in upstream ? namesIn(upstream.split) : 'to' in upstream ? [String(upstream.to)] : []
}
