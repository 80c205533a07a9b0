import type { IncomingMessage, ServerResponse } from 'node:http'
import { ERRORS, GatewayError, type ErrorCode } from '../contract/errors.ts'
import { problem } from '../contract/refuse.ts'
import type { End } from '../contract/reply.ts'
import { HeaderList } from '../contract/header-list.ts'
import type { Log } from '../contract/services.ts'
import type { Limits } from '../contract/settings.ts'
import type { Plan } from '../plan/plan.ts'
import { finish, run } from '../plan/run.ts'
import type { Found, Table } from '../plan/table.ts'
import { Delivery, type DeliveryOptions } from './delivery.ts'
import { FieldRules } from './field-rule.ts'
import { guard, refused, type Admitted, type GuardOptions } from './guard.ts'
import type { HeldBudget } from './held-budget.ts'
import { linger } from './linger.ts'

/** What the handler asks of the gateway. */
export interface HandlerOptions {
  readonly guard: Omit<GuardOptions, 'rules'>
  /** Name of the gateway's own cookie; null for none. */
  readonly ownCookie: string | null
  readonly limits: Limits
  readonly budget: HeldBudget
  readonly log: Log
  /** The table of this moment; a reload swaps it. */
  readonly table: () => Table
  readonly draining: () => boolean
  /** One request in this many is timed phase by phase; 0 for none. */
  readonly timings: number
  /** Told of each exchange when it is over. */
  readonly ended: (delivery: Delivery, end: End, plan: Plan | null) => void
}

type Counted = ServerResponse & { maxRequestsOnConnectionReached?: boolean }

/** RFC 9110 10.1.1; HTTP/1.0 knows no expectations, so that it has none. */
const isStrange = (expect: string, { httpVersionMinor }: IncomingMessage): boolean => expect !== '100-continue' && httpVersionMinor !== 0

const METHODS_REFUSED = new Set(['TRACE', 'TRACK', 'CONNECT'])
const ALLOWED = { allow: 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS' }

/** From a request of node:http to its delivery: guard, exchange, lookup, plan, reply. */
export class RequestHandler {
  readonly #options: HandlerOptions
  readonly #deliveryOptions: DeliveryOptions
  #count = 0
  #guard: GuardOptions
  inFlight = 0

  constructor (options: HandlerOptions) {
    this.#options = options
    this.#guard = this.#guardOf([])
    this.#deliveryOptions = {
      log: options.log,
      draining: options.draining,
      clientIdleMs: options.limits.clientIdleTimeout,
      budget: options.budget,
      bodyIdleMs: options.limits.bodyIdleTimeout,
      ended: (delivery, end) => { this.#ended(delivery, end) }
    }
  }

  /** `upgrade`: the request wants to switch protocols and the transport can do so. */
  handle (req: IncomingMessage, res: ServerResponse, upgrade = false): Delivery {
    const start = performance.now()
    this.inFlight++
    // RFC 9112 9.3: no connection is kept for HTTP/1.0. Of the last request of a connection node:http only says that it is.
    if (req.httpVersionMinor === 0 || (res as Counted).maxRequestsOnConnectionReached) res.shouldKeepAlive = false
    let admitted: Admitted
    try {
      admitted = guard(req, this.#guardNow())
    } catch (error) {
      return this.#rejected(req, res, error, start)
    }
    const delivery = new Delivery(req, res, admitted, start, this.#deliveryOptions)
    if (upgrade) delivery.x.upgrade = admitted.upgrade
    if (admitted.path === '*') delivery.deliver({ status: 204, headers: HeaderList.from(ALLOWED), body: null, code: null, trailers: null })
    else if (METHODS_REFUSED.has(req.method!)) this.#refuse(delivery, 'GW_METHOD_NOT_SUPPORTED', ALLOWED)
    else if (admitted.expect !== null && isStrange(admitted.expect, req)) this.#refuse(delivery, 'GW_EXPECTATION_FAILED')
    else this.#route(delivery, admitted.flags)
    return delivery
  }

  /** Another table may have filters that write other headers. */
  #guardNow (): GuardOptions {
    const { ownHeaders } = this.#options.table()
    if (ownHeaders !== this.#guard.rules.owned.headers) this.#guard = this.#guardOf(ownHeaders)
    return this.#guard
  }

  #guardOf (headers: readonly string[]): GuardOptions {
    return { ...this.#options.guard, rules: new FieldRules({ headers, cookie: this.#options.ownCookie }) }
  }

  #route (delivery: Delivery, flags: number): void {
    const { limits } = this.#options
    let found: Found | Promise<Found>
    try {
      if (limits.bodyBytes !== 'none') delivery.x.limitBody(limits.bodyBytes)
      found = this.#options.table().find(delivery.x)
    } catch (error) {
      this.#predicateFailed(delivery, error)
      return
    }
    if (!(found instanceof Promise)) this.#enter(delivery, found, flags)
    else found.then(plan => { this.#enter(delivery, plan, flags) }, error => { this.#predicateFailed(delivery, error) })
  }

  #enter (delivery: Delivery, plan: Found, flags: number): void {
    if (plan === null) return this.#refuse(delivery, flags === 0 ? 'GW_NO_ROUTE' : 'GW_UNSAFE_PATH')
    if ((flags & ~plan.allowedFlags) !== 0) return this.#refuse(delivery, 'GW_UNSAFE_PATH')
    const { x } = delivery
    x.route = plan.route
    plan.life.enter()
    delivery.plan = plan
    if (plan.config.timeoutMs !== null) expire(delivery, plan.config.timeoutMs)
    const { timings, log } = this.#options
    const timed = timings > 0 && ++this.#count % timings === 0
    // `run` never rejects.
    void run(plan, x, { log, timed }).then(reply => { delivery.deliver(reply) })
  }

  #predicateFailed (delivery: Delivery, error: unknown): void {
    if (!(error instanceof GatewayError)) this.#options.log.error({ error, 'http.request.id': delivery.x.id }, 'predicate failed')
    this.#refuse(delivery, error instanceof GatewayError ? error.code : 'GW_PREDICATE_FAILED')
  }

  #refuse (delivery: Delivery, code: ErrorCode, headers?: Readonly<Record<string, string>>): void {
    delivery.deliver(problem(code, delivery.x.id, undefined, headers))
  }

  /** Nothing of such a request can be trusted, its end the least: the connection goes with it. */
  #rejected (req: IncomingMessage, res: ServerResponse, error: unknown, start: number): Delivery {
    const known = error instanceof GatewayError
    if (!known) this.#options.log.error({ error }, 'guard failed')
    const delivery = new Delivery(req, res, refused(req, this.#guard), start, this.#deliveryOptions)
    const code = known ? error.code : 'GW_INTERNAL'
    linger(res)
    delivery.deliver(problem(code, delivery.x.id, known && error.message !== ERRORS[code].title ? error.message : undefined, code === 'GW_METHOD_NOT_SUPPORTED' ? ALLOWED : {}))
    return delivery
  }

  #ended (delivery: Delivery, end: End): void {
    this.inFlight--
    const { plan } = delivery
    if (plan !== null) {
      finish(plan, delivery.x, end, this.#options.log)
      plan.life.leave()
    }
    this.#options.ended(delivery, end, plan)
  }
}

/** From the arrival of the request, whatever lookup has waited for (a predicate that reads the body). */
function expire (delivery: Delivery, timeoutMs: number): void {
  const { x } = delivery
  x.deadline = x.timing.start + timeoutMs
  delivery.expireIn(x.deadline - performance.now())
}
