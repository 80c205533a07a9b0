import { ERRORS, type ErrorCode } from '../../contract/errors.ts'
import { NO_PARAMS, type Exchange, type Params } from '../../contract/exchange.ts'
import type { Reply } from '../../contract/reply.ts'
import type { GatewayConfig } from '../../contract/route-file.ts'
import type { Principal } from '../../contract/principal.ts'
import type { Plan } from '../../plan/plan.ts'
import { tracePlan, type FilterTrace } from '../../plan/trace-plan.ts'
import type { Found } from '../../plan/table.ts'
import type { Compiled } from '../compile-all.ts'
import type { OfflineRequest } from './offline-request.ts'
import type { SentRequest } from './offline-upstreams.ts'
import { RehearsalServer, type Outcome } from './rehearsal-server.ts'

/** A request as the guard let it in. */
export interface Admission { readonly path: string, readonly query: string, /** Names of the fields that are left. */ readonly headers: readonly string[], readonly address: string }

/** All that became of one request. */
export interface Rehearsed {
  /** Null where it was refused before lookup. */
  readonly admitted: Admission | null
  /** The route that lookup found. Its request may still be refused: `entered` says. */
  readonly plan: Plan | null
  readonly entered: boolean
  /** What its predicates captured. */
  readonly params: Params
  readonly traces: readonly FilterTrace[]
  readonly sent: readonly SentRequest[]
  /** What goes back; null where the parser refused, see `code`. */
  readonly reply: Reply | null
  readonly code: ErrorCode | null
  /** Why a caller was refused, as the access log has it. */
  readonly reason: string | null
  /** Of what goes back. Where upstream answers, 200. */
  readonly status: number
}

type Seen = { -readonly [K in 'admitted' | 'plan' | 'params' | 'traces']: Rehearsed[K] }

/** Takes requests through a configuration as the gateway would, up to the connection to upstream and no further. */
export class Rehearsal {
  readonly #compiled: Compiled
  readonly #server: RehearsalServer

  constructor ({ settings }: GatewayConfig, compiled: Compiled) {
    this.#compiled = compiled
    this.#server = new RehearsalServer(settings, compiled.table)
  }

  /** `prefer`: the member of a weighted group to draw, where it takes the request at all. `as`: who is calling. */
  async run (request: OfflineRequest, prefer: string | null = null, as: Principal | null = null): Promise<Rehearsed> {
    const { table, upstreams, calls } = this.#compiled
    const seen: Seen = { admitted: null, plan: null, params: NO_PARAMS, traces: [] }
    table.lookup = async (x, find) => {
      const { path, query, client: { address } } = x
      seen.admitted = { path, query, headers: x.headers.names(), address }
      seen.plan = await this.#preferred(x, await find(), prefer)
      seen.params = x.params
      x.principal = as
      if (seen.plan === null) return null
      const { plan, traces } = tracePlan(seen.plan, calls.get(seen.plan.id)!)
      seen.traces = traces
      return plan
    }
    upstreams.sent = []
    const outcome = outcomeOf(await this.#server.send(request))
    return { ...seen, sent: upstreams.sent, ...outcome }
  }

  /** Lets `look` see the request as lookup does, and takes it no further. */
  async look (request: OfflineRequest, look: (x: Exchange) => Promise<void>): Promise<void> {
    this.#compiled.table.lookup = async x => {
      await look(x)
      return null
    }
    await this.#server.send(request)
  }

  async #preferred (x: Exchange, found: Found, prefer: string | null): Promise<Found> {
    if (!found?.share || found.id === prefer) return found
    const wanted = this.#compiled.plans.find(({ id }) => id === prefer)
    if (wanted?.share?.group !== found.share.group || wanted.share.weight === 0) return found
    const { params } = x
    x.params = NO_PARAMS
    if (await wanted.match(x)) return wanted
    x.params = params
    return found
  }
}

/** The parser refuses without a delivery. */
function outcomeOf ({ delivery, code }: Outcome): Pick<Rehearsed, 'entered' | 'reply' | 'code' | 'reason' | 'status'> {
  if (delivery === null) return { entered: false, reply: null, code, reason: null, status: ERRORS[code ?? 'GW_BAD_REQUEST'].status }
  const { x, plan, reply } = delivery
  return { entered: plan !== null, reply, code: reply?.code ?? null, reason: x.reason, status: reply?.status ?? ERRORS.GW_BAD_REQUEST.status }
}
