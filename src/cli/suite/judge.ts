import type { GatewayConfig, RouteTest } from '../../contract/route-file.ts'
import { endpointsOf, type SentRequest } from '../rehearsal/offline-upstreams.ts'
import type { Rehearsed } from '../rehearsal/rehearsal.ts'

type Value = string | number | null

/** One expectation that was not met. */
export interface Miss { readonly what: string, readonly wanted: Value, readonly found: Value }

/** Compares what became of a request with what its test expects. An empty `expect` asks that the route of the test wins. */
export function judge ({ expect }: RouteTest, owner: string, rehearsed: Rehearsed, config: Pick<GatewayConfig, 'upstreams'>): Miss[] {
  const found = rehearsed.sent.length > 0 ? sentTo(rehearsed.sent.at(-1)!, rehearsed) : unsent(rehearsed)
  const misses: Miss[] = []
  const check = (what: string, wanted: Value | undefined, value: Value) => {
    if (wanted !== undefined && wanted !== value) misses.push({ what, wanted, found: value })
  }
  check('route', Object.keys(expect).length === 0 ? owner : expect.route, rehearsed.plan?.id ?? null)
  check('status', expect.status, found.status)
  check('upstream', expect.upstream, upstreamAs(expect.upstream, rehearsed, config) ?? found.upstream)
  check('upstreamPath', expect.upstreamPath, found.path)
  check('upstreamMethod', expect.upstreamMethod, found.method)
  for (const [name, wanted] of Object.entries(expect.headers ?? {})) check(`headers/${name}`, wanted, found.header(name.toLowerCase()))
  for (const [name, wanted] of Object.entries(expect.replyHeaders ?? {})) check(`replyHeaders/${name}`, wanted, found.replyHeader(name.toLowerCase()))
  return misses
}

/** What there is to compare; a sentence in the place of what there is not. */
interface Found {
  readonly status: Value
  readonly upstream: Value
  readonly path: Value
  readonly method: Value
  header (name: string): Value
  replyHeader (name: string): Value
}

function sentTo ({ method, path, headers, to, origin }: SentRequest, { reply, code }: Rehearsed): Found {
  const not = 'that of upstream'
  return {
    status: code === null ? not : reply?.status ?? null,
    upstream: to ?? origin,
    path,
    method,
    header: name => joined(headers.filter(([known]) => known === name).map(([, value]) => value)),
    replyHeader: name => code === null ? not : joined(reply?.headers.all(name) ?? [])
  }
}

function unsent ({ reply, code, status }: Rehearsed): Found {
  const not = `nothing: the gateway answers ${status}${code === null ? '' : ` ${code}`} by itself`
  return { status, upstream: not, path: not, method: not, header: () => not, replyHeader: name => joined(reply?.headers.all(name) ?? []) }
}

/** Any target or endpoint that has a share of the requests is right: which one it is this time says nothing. */
function upstreamAs (wanted: string | undefined, { sent, plan }: Rehearsed, { upstreams }: Pick<GatewayConfig, 'upstreams'>): string | null {
  const request = sent.at(-1)
  if (wanted === undefined || !request || !plan) return null
  if (request.to === null) return isSame(wanted, request.origin) ? wanted : null
  const names = plan.config.targets.filter(({ weight }) => weight > 0).map(({ to }) => to)
  const addresses = names.flatMap(name => endpointsOf(name, upstreams)).filter(({ weight }) => weight > 0).map(({ url }) => url)
  return [...names, ...addresses].some(name => isSame(wanted, name)) ? wanted : null
}

const isSame = (a: string, b: string): boolean => a.replace(/\/$/, '') === b.replace(/\/$/, '')

const joined = (values: readonly string[]): string | null => values.length === 0 ? null : values.join(', ')
