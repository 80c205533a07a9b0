import { admits, enterGates } from '../contract/call-gate.ts'
import { ConfigErrors } from '../contract/config-error.ts'
import type { Body } from '../contract/body.ts'
import type { Exchange } from '../contract/exchange.ts'
import type { End, Reply } from '../contract/reply.ts'
import { HeaderList } from '../contract/header-list.ts'
import { problem } from '../contract/refuse.ts'
import type { Dispatch, Filter, IndexHint, Predicate } from '../contract/room.ts'
import type { PredicateUse, RouteConfig, Use } from '../contract/route-file.ts'
import type { Clock } from '../contract/services.ts'
import { compileRoute } from '../plan/compile-route.ts'
import { roomsOf } from '../plan/compile-room.ts'
import type { Plan } from '../plan/plan.ts'
import { finish, run } from '../plan/run.ts'
import { exchange, type TestRequest } from './exchange.ts'
import { fakeServices, type FakeServices } from './fakes.ts'

/** A reply as an upstream of a test gives it. */
export interface TestReply { status?: number, headers?: Readonly<Record<string, string | readonly string[]>>, body?: string | Uint8Array | null }

/** What stands beside a room in the route file of a test. */
export interface MountOptions {
  when?: string
  report?: boolean
  services?: Partial<FakeServices>
  /** What the route's requests go to. */
  upstreams?: readonly string[]
  metadata?: Record<string, unknown>
  /** The predicates there are for the filter's own config. */
  predicates?: readonly Predicate[]
}

/** A finished call: the reply, its body as text, and the exchange as it went upstream. */
export interface Called { reply: Reply, status: number, text: string, x: Exchange }

/** One filter on one route, compiled as a route file would be. */
export interface MountedFilter {
  services: FakeServices
  plan: Plan
  call(request?: TestRequest): Promise<Called>
  /** How often the filter decided so (`passed`, `refused`, `answered`, `skipped`, `would-refuse`, `failed`). */
  decisions(decision: string): number
  /** The plan is replaced: runs the close phase. */
  close(): Promise<void>
}
export interface MountedPredicate {
  services: FakeServices
  index: IndexHint
  /** Whether whatever fits `index` matches. */
  complete: boolean
  /** Whether the request belongs; `captured` are the variables then. */
  match(request?: TestRequest): Promise<boolean>
  captured(request?: TestRequest): Promise<Record<string, string>>
}

/**
 * Compiles a room with its config as written in YAML (units as text) and gives what a test calls. Throws ConfigErrors as the
 * gateway would print them. `upstream` answers the calls of a filter; it sees the exchange as changed by the filter.
 */
export function mount (room: Filter, config?: unknown, upstream?: Dispatch | TestReply, options?: MountOptions): MountedFilter
export function mount (room: Predicate, config?: unknown, upstream?: undefined, options?: MountOptions): MountedPredicate
export function mount (room: Filter | Predicate, config: unknown = null, upstream: Dispatch | TestReply = {}, options: MountOptions = {}): MountedFilter | MountedPredicate {
  checkRoom(room)
  const services = fakeServices(options.services, options.predicates)
  const dispatch: Dispatch = typeof upstream === 'function' ? upstream : async () => reply(upstream)
  const { plan, faults } = compileRoute(route(room, config, options), {
    rooms: room.kind === 'filter' ? roomsOf([room], []) : roomsOf([], [room]),
    services: (routeId, filter) => {
      const metrics = services.registry.scope({ route: routeId, filter })
      const reports = services.board.scope(filter, routeId)
      return { ...services, metrics, reports, close: () => { metrics.close(); reports.close() } }
    },
    upstream: () => ({ dispatch: gated(dispatch, services.clock), close: () => {} })
  })
  if (faults.length > 0 || plan === null) throw new ConfigErrors(faults)
  return room.kind === 'filter' ? mountedFilter(plan, services) : mountedPredicate(plan, services)
}

/** The one endpoint of a test's upstream, unless the test sets another. */
export const TEST_ENDPOINT = 'http://upstream.test'

/** The call as the machine makes it: whoever has a say in calls is asked, and told how it went. */
function gated (dispatch: Dispatch, clock: Clock): Dispatch {
  return async x => {
    const endpoint = x.endpoint ?? TEST_ENDPOINT
    if (x.aborted !== null) return problem('GW_CLIENT_GONE', x.id)
    const watchers = admits(x, endpoint) ? enterGates(x, endpoint) : null
    if (watchers === null) return problem('GW_CIRCUIT_OPEN', x.id)
    x.attempt++
    x.endpoint = endpoint
    x.upstream ??= 'test'
    const startMs = clock.monotonic()
    const answer = await dispatch(x)
    const headMs = clock.monotonic() - startMs
    for (const one of watchers) one.ended({ status: answer.code === null ? answer.status : 0, code: answer.code, headMs })
    return answer
  }
}

/** The mistakes of a room's first test, told before they turn up as something else. */
function checkRoom (room: Filter | Predicate): void {
  const { kind, name } = (typeof room === 'object' && room !== null ? room : {}) as Partial<Filter | Predicate>
  if (kind !== 'filter' && kind !== 'predicate') {
    throw new TypeError('mount(room, config): room is not what defineFilter or definePredicate gives; is it the default export of its module?')
  }
  if (typeof name !== 'string' || name === '') throw new TypeError('mount(room, config): the room has no name')
}

/** An upstream's reply. */
export function reply ({ status = 200, headers = {}, body = null }: TestReply = {}): Reply {
  return { status, headers: HeaderList.from(headers), body, code: null, trailers: null }
}

function mountedFilter (plan: Plan, services: FakeServices): MountedFilter {
  return {
    services,
    plan,
    call: async request => {
      const x = exchange(request)
      x.route = plan.route
      const answered = await run(plan, x, { log: services.log, timed: false })
      const text = await bodyText(answered)
      finish(plan, x, endOf(x.body, answered, text), services.log)
      return { reply: answered, status: answered.status, text, x }
    },
    decisions: decision => services.registry.samples()
      .filter(({ name, labels }) => name === 'gatehouse_filter_decisions_total' && labels['decision'] === decision)
      .reduce((sum, { value }) => sum + value, 0),
    close: async () => {
      plan.life.retire()
      await plan.life.closed
    }
  }
}

const endOf = (body: Body, { code }: Reply, text: string): End =>
  ({ outcome: 'complete', code, bytesIn: 'received' in body ? Number(body.received) : 0, bytesOut: Buffer.byteLength(text) })

function mountedPredicate (plan: Plan, services: FakeServices): MountedPredicate {
  return {
    services,
    index: plan.index,
    complete: plan.complete,
    match: async request => await plan.match(exchange(request)),
    captured: async request => {
      const x = exchange(request)
      return await plan.match(x) ? { ...x.params } : {}
    }
  }
}

async function bodyText ({ body }: Reply): Promise<string> {
  if (body === null || typeof body === 'string') return body ?? ''
  const bytes = 'hold' in body ? await body.hold(Infinity) : body
  return Buffer.from(bytes ?? []).toString()
}

function route (room: Filter | Predicate, config: unknown, { when, report, metadata, upstreams = [] }: MountOptions): RouteConfig {
  const origin = { file: 'test.yaml', pointer: `/${room.name}` }
  const use: Use = { name: room.name, config, when: when ?? null, report: report ?? false, origin: { ...origin, pointer: '' }, configOrigin: origin }
  const predicates: PredicateUse[] = room.kind === 'predicate' ? [{ kind: 'use', use }] : []
  return {
    id: 'test',
    order: 0,
    predicates,
    filters: room.kind === 'filter' ? [use] : [],
    skip: [],
    targets: upstreams.map(to => ({ to, weight: 1, origin })),
    timeouts: {},
    timeoutMs: null,
    allowPath: [],
    metadata: metadata ?? {},
    tests: [],
    origin: { file: 'test.yaml', pointer: '' },
    written: config
  }
}
