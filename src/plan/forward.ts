import type { CallGate } from '../contract/exchange.ts'
import { GatewayError } from '../contract/errors.ts'
import type { Exchange } from '../contract/exchange.ts'
import type { End, Reply } from '../contract/reply.ts'
import { problem } from '../contract/refuse.ts'
import type { Dispatch } from '../contract/room.ts'
import type { Log } from '../contract/services.ts'
import { canonicalPath } from './canonical-path.ts'
import { failure } from './failure.ts'
import type { Plan } from './plan.ts'
import { finish, run } from './run.ts'
import type { Found, Table } from './table.ts'

/** A request that comes back to where it has been goes no further. */
const MOST_FORWARDS = 4

/** What forwarding needs: the table of the moment, and where faults are logged. */
export interface ForwardOptions { readonly table: () => Table, readonly log: Log }

/** Sends a request through the route of this id, its filters included: under the path and query that the client has sent, with the fields and variables it has by now. */
export function forwardToRoute (id: string, options: ForwardOptions): Dispatch {
  const known = new WeakMap<Table, Plan | null>()
  const planOf = (table: Table): Plan | null => {
    const found = known.get(table) ?? table.plans.find(one => one.id === id) ?? null
    known.set(table, found)
    return found
  }
  return async x => mayNot(x) ?? await forward(planOf(options.table()), 'GW_ROUTE_INVALID', again(x, x.originalPath, options), x, options)
}

/** Looks a request up again under another path, with the query that the client has sent, and sends it through the route it finds. */
export function forwardToPath (path: string, options: ForwardOptions): Dispatch {
  return async x => {
    const refusal = mayNot(x)
    if (refusal !== null) return refusal
    const canonical = canonicalPath(path, false)
    if (canonical === null) return problem('GW_UNSAFE_PATH', x.id)
    const inner = again(x, canonical.path, options)
    try {
      const plan = await options.table().find(inner)
      // Where predicates have read the body, it may be over by now
      return mayNot(x) ?? await forward(plan, 'GW_NO_ROUTE', inner, x, options)
    } catch (error) {
      return failure(error, x, 'GW_PREDICATE_FAILED', null, options.log)
    }
  }
}

/** Why a request goes no further; null where it may. */
function mayNot (x: Exchange): Reply | null {
  if (x.depth >= MOST_FORWARDS) return problem('GW_FORWARD_LOOP', x.id)
  if (x.aborted instanceof GatewayError) return problem(x.aborted.code, x.id)
  // Whoever comes when the answer is out is told of no end
  return x.aborted === null && x.timing.end === 0 ? null : problem('GW_CLIENT_GONE', x.id)
}

/** The request as another route is to see it: nothing in it is left of how the first route calls its upstream. */
function again (x: Exchange, path: string, { table }: ForwardOptions): Exchange {
  const inner = x.fork()
  inner.path = path
  inner.query = x.originalQuery
  inner.depth = x.depth + 1
  inner.gates = x.body.sendable ? null : SPENT
  inner.marks = null
  inner.avoid = null
  inner.origin = null
  inner.upstreamHost = null
  // As the guard takes them from clients: only a filter of the route itself may say such things of a request
  for (const name of [...table().ownHeaders, ...x.lent]) inner.headers.delete(name)
  inner.lent = []
  return inner
}

/** The first call has taken the request body with it: another could not be whole. */
const SPENT: readonly CallGate[] = [{ admits: () => false, enter: () => null }]

async function forward (plan: Found, orElse: 'GW_ROUTE_INVALID' | 'GW_NO_ROUTE', inner: Exchange, x: Exchange, { log }: ForwardOptions): Promise<Reply> {
  if (plan === null) return problem(orElse, x.id)
  if (((canonicalPath(inner.path)?.flags ?? 0) & ~plan.allowedFlags) !== 0) return problem('GW_UNSAFE_PATH', x.id)
  inner.route = plan.route
  plan.life.enter()
  const timer = expireIn(plan.config.timeoutMs, inner)
  ;(x.ends ??= []).push(end => {
    clearTimeout(timer)
    leave(plan, inner, end, log)
  })
  const reply = await run(plan, inner, { log, timed: x.timed })
  x.attempt += inner.attempt
  x.endpoint = inner.endpoint ?? x.endpoint
  x.upstream = inner.upstream ?? x.upstream
  x.reason = inner.reason ?? x.reason
  return reply
}

/** The total timeout of the other route: what is left of that of the first may be less, and ends both. */
function expireIn (ms: number | null, inner: Exchange): NodeJS.Timeout | undefined {
  if (ms === null) return undefined
  inner.deadline = Math.min(inner.deadline, performance.now() + ms)
  return setTimeout(() => { inner.abort(new GatewayError('GW_TOTAL_TIMEOUT')) }, ms)
}

function leave (plan: Plan, inner: Exchange, end: End, log: Log): void {
  inner.timing.head = inner.timing.end = performance.now()
  finish(plan, inner, end, log)
  plan.life.leave()
}
