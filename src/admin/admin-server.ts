import type { IncomingHttpHeaders } from 'node:http'
import { isIP } from 'node:net'
import Fastify from 'fastify'
import type { BreakerBoard } from '../contract/breaker-board.ts'
import type { ConfigError } from '../contract/config-error.ts'
import type { ReportBoard } from '../contract/reports.ts'
import type { Sample } from '../contract/services.ts'
import type { TableKeeper, Update } from '../plan/table-keeper.ts'
import { breakerRoutes } from './breaker-routes.ts'
import { reportRoutes } from './report-routes.ts'
import { routeView, samplesByFilter } from './route-view.ts'

/** What the operators' listener shows and does. */
export interface AdminOptions {
  readonly state: { readonly draining: boolean, readonly listening: boolean, readonly revision: number }
  readonly keeper: TableKeeper
  readonly metrics: { samples(): readonly Sample[] }
  readonly breakers: BreakerBoard
  /** The upstreams that routes use, and how their endpoints are. */
  readonly upstreams?: (() => readonly object[]) | undefined
  /** What rooms show of their work. */
  readonly reports?: ReportBoard | undefined
  readonly inFlight: () => number
  readonly onReload: (() => Promise<Update>) | null
  /** Public keys for upstreams to verify with. */
  readonly published: () => readonly { readonly path: string, jwks(): object }[]
  readonly redact: (text: string) => string
  readonly locate: (fault: ConfigError) => ConfigError
}

export interface AdminServer {
  listen(address: { host: string, port: number }): Promise<{ host: string, port: number }>
  close(): Promise<void>
}

/** Nothing that operators send has a body worth more. */
const LIMITS = { bodyLimit: 16_384, requestTimeout: 10_000, routerOptions: { maxParamLength: 8192 } }

const NO_REPORTS: ReportBoard = { list: () => null, find: () => null }

/** How long upstreams may keep public keys: far less than keys overlap (`gatehouse keys rotate --overlap`). */
const KEYS_FRESH_S = 60

/** The operators' listener: liveness, readiness, the routes in force, circuit breakers, reports of rooms, reload. Never on the address that clients use. */
export function adminServer ({ state, keeper, metrics, breakers, upstreams = () => [], reports = NO_REPORTS, inFlight, onReload, published, redact, locate }: AdminOptions): AdminServer {
  const app = Fastify({ forceCloseConnections: true, ...LIMITS })
  // Each text by itself, so that no mask can break the JSON
  app.setReplySerializer(payload => JSON.stringify(payload, (_key, value: unknown) => typeof value === 'string' ? withoutUser(redact(value)) : value))
  app.addHook('onRequest', async (request, reply) => {
    if (fromPage(request.headers)) await reply.code(403).send({ status: 'not for web pages' })
  })
  const quarantined = () => keeper.quarantined.map(({ id, serving, faults }) => ({ id, serving, faults: faults.map(fault => locate(fault).message) }))

  app.get('/livez', () => ({ status: 'live' }))
  app.get('/readyz', (_request, reply) => {
    const ready = state.listening && !state.draining
    void reply.code(ready ? 200 : 503)
    return { status: state.draining ? 'draining' : ready ? 'ready' : 'starting', revision: state.revision, inFlight: inFlight(), quarantined: quarantined() }
  })
  app.get('/routes', () => {
    const samplesOf = samplesByFilter(metrics.samples())
    return { revision: state.revision, quarantined: quarantined(), routes: keeper.table.plans.map(plan => routeView(plan, samplesOf)) }
  })
  app.get('/upstreams', () => ({ upstreams: upstreams() }))
  app.post('/reload', async (_request, reply) => {
    if (onReload === null) return await reply.code(501).send({ status: 'no source to reload from' })
    try {
      const { faults } = await onReload()
      return { status: faults.length === 0 ? 'reloaded' : 'quarantined', revision: state.revision, faults: faults.map(fault => fault.message) }
    } catch (error) {
      return await reply.code(422).send({ status: 'refused', revision: state.revision, faults: redact(error instanceof Error ? error.message : String(error)).split('\n') })
    }
  })

  app.register(async scope => { await breakerRoutes(scope, breakers) })
  app.register(async scope => { await reportRoutes(scope, reports) })

  // Which paths these are, a reload may change
  app.setNotFoundHandler(async ({ method, url }, reply) => {
    const keys = method === 'GET' ? published().find(({ path }) => path === url.split('?', 1)[0]) : undefined
    // As bytes: public keys stand in the same file as private ones, and texts that come from there are masked; nor has the type a charset (RFC 7517 8.5.2)
    if (keys) await reply.headers({ 'content-type': 'application/jwk-set+json', 'cache-control': `max-age=${KEYS_FRESH_S}` }).send(Buffer.from(JSON.stringify(keys.jwks())))
    else await reply.code(404).send({ status: 'nothing here' })
  })

  return {
    listen: async ({ host, port }) => {
      await app.listen({ host, port })
      const address = app.server.address()
      return { host, port: typeof address === 'object' && address !== null ? address.port : port }
    },
    close: async () => { await app.close() }
  }
}

/**
 * Whether a page in a browser sends this: one of another site, or by DNS rebinding one that looks like ours. An operator's own
 * browser says `Sec-Fetch-Site: none` for an address typed in, by number or as localhost; other tools say nothing of the kind.
 */
function fromPage ({ origin, host = '', 'sec-fetch-site': site }: IncomingHttpHeaders): boolean {
  if (origin !== undefined) return true
  if (site === undefined) return false
  const name = host.replace(/:\d+$/, '').replace(/^\[|\]$/g, '')
  return site !== 'none' || (isIP(name) === 0 && name !== 'localhost')
}

/** User and password of a URL are nobody's business. */
const withoutUser = (text: string): string => text.replace(/(?<=:\/\/)[^\s/?#"']*@/g, '***@')
