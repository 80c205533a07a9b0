import type { ErrorCode } from '../../contract/errors.ts'
import type { Exchange } from '../../contract/exchange.ts'
import { fingerprint } from '../../plan/fingerprint.ts'
import type { Plan } from '../../plan/plan.ts'
import { tracePlan } from '../../plan/trace-plan.ts'
import type { Compiled } from '../compile-all.ts'
import type { Loaded } from '../load-files.ts'
import { upstreamText } from '../route-table.ts'
import { SOMEBODY, type OfflineRequest } from '../rehearsal/offline-request.ts'
import { RehearsalServer } from '../rehearsal/rehearsal-server.ts'
import { testPrincipal } from '../rehearsal/test-principal.ts'
import type { Recorded } from './access-line.ts'
import { possibleRoutes, type Possible } from './possible-routes.ts'

/** What one configuration makes of a request, as far as it is compared. */
export interface Outcome {
  readonly route: string | null
  /** What the route sends requests to, by name and weight; the origin where a filter has set one. Null where nothing goes upstream. */
  readonly upstream: string | null
  /** Path and query that upstream gets. */
  readonly path: string | null
  /** What the gateway answers by itself; null where upstream answers. */
  readonly status: number | null
  readonly code: ErrorCode | null
}

/** An outcome, and what it rests on. */
export interface Replayed {
  readonly outcome: Outcome
  /** Predicates that may have decided otherwise, each with its route: they go by what a log does not tell. */
  readonly doubts: readonly string[]
  /** The same where nothing that decides of the request has changed; '' where there is no doubt. */
  readonly basis: string
}

/** Whoever it was: filters that ask for somebody shall go on. */
const SOMEONE = testPrincipal({ subject: 'somebody', scopes: [], roles: [], level: 3, claims: {} })
const ANYWHERE = 'localhost'

/** Takes recorded requests through one configuration, up to the connection to upstream. */
export class Replay {
  readonly #loaded: Loaded
  readonly #compiled: Compiled
  readonly #server: RehearsalServer
  readonly #host: string | null
  /** As they are run. */
  readonly #patient: ReadonlyMap<string, Plan>
  /** Those that may take a request by what a log does not tell: where it tells the host, and where it does not. */
  readonly #doubtful: { readonly told: readonly Plan[], readonly untold: readonly Plan[] }
  readonly #ranks: ReadonlyMap<Plan, number>
  readonly #prints = new Map<string, string>()

  /** `host`: that of requests whose host the log does not tell; null for unknown. */
  constructor (loaded: Loaded, compiled: Compiled, host: string | null) {
    this.#loaded = loaded
    this.#compiled = compiled
    this.#server = new RehearsalServer(loaded.config.settings, compiled.table)
    this.#host = host
    this.#patient = new Map(compiled.plans.map(plan => [plan.id, patient(plan, compiled)]))
    const isOpen = ({ complete, share }: Plan): boolean => !complete || share !== null
    this.#doubtful = { told: compiled.plans.filter(isOpen), untold: compiled.plans.filter(plan => isOpen(plan) || plan.index.hosts) }
    this.#ranks = new Map(compiled.plans.map((plan, rank) => [plan, rank]))
  }

  async run (recorded: Recorded): Promise<Replayed> {
    const { table, upstreams } = this.#compiled
    let found: Plan | null = null
    let possible: readonly Possible[] = []
    table.lookup = async (x, find) => {
      found = await find()
      possible = await this.#possible(x, found, recorded)
      x.principal = SOMEONE
      return found && this.#patient.get(found.id)!
    }
    upstreams.sent = []
    const { delivery, code } = await this.#server.send(this.#request(recorded))
    const reply = delivery?.reply ?? null
    const isSure = possible.length === 0
    return {
      outcome: outcomeOf(found, upstreams.sent[0] ?? null, { status: reply?.status ?? 400, code: reply?.code ?? code }),
      doubts: isSure ? [] : possible.flatMap(({ plan: { id, share }, doubts }) => (doubts.length === 0 && share ? [`weight in ${share.group}`] : doubts).map(label => `${label} of ${id}`)),
      basis: isSure ? '' : possible.map(({ plan }) => this.#printOf(plan)).join('\n')
    }
  }

  /** Most routes are decided by what their index says; the table has looked at those. None where there is no doubt. */
  async #possible (x: Exchange, found: Plan | null, { host, query }: Recorded): Promise<readonly Possible[]> {
    const told = { host: (host ?? this.#host) !== null, query: query !== null }
    const last = found === null ? Infinity : this.#ranks.get(found)!
    const before = this.#doubtful[told.host ? 'told' : 'untold'].filter(plan => this.#ranks.get(plan)! <= last)
    const first = await possibleRoutes(before, x, told)
    if (first.every(({ plan, doubts }) => doubts.length === 0 && plan.share === null)) return []
    return await possibleRoutes(this.#compiled.plans, x, told)
  }

  #request ({ method, host, path, query }: Recorded): OfflineRequest {
    const target = query === null || query === '' ? path : `${path}?${query}`
    return { method, target, scheme: 'http', headers: [['Host', host ?? this.#host ?? ANYWHERE]], body: null, from: SOMEBODY }
  }

  #printOf ({ id, config }: Plan): string {
    const known = this.#prints.get(id) ?? fingerprint(config, this.#loaded.rooms, null)
    this.#prints.set(id, known)
    return known
  }
}

/** The plan as it is run here: nothing is refused that a log cannot tell of, such as credentials that are wrong or rates that are over. */
function patient (plan: Plan, { calls }: Compiled): Plan {
  const filters = plan.filters.map(filter => ({ ...filter, report: filter.report || filter.refuses.length > 0 }))
  return tracePlan({ ...plan, filters }, calls.get(plan.id)!).plan
}

function outcomeOf (plan: Plan | null, sent: { to: string | null, origin: string, path: string } | null, { status, code }: { status: number, code: ErrorCode | null }): Outcome {
  const route = plan?.id ?? null
  if (sent === null || plan === null) return { route, upstream: null, path: null, status, code }
  return { route, upstream: upstreamOf(plan, sent), path: sent.path, status: null, code: null }
}

/** A filter may have sent it elsewhere than the route does. */
const upstreamOf = ({ config }: Plan, { to, origin }: { to: string | null, origin: string }): string =>
  config.targets.some(target => target.to === to) ? upstreamText(config) : to ?? origin
