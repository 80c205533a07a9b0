import { ENDS_TRUST, type ConfigError } from '../contract/config-error.ts'
import type { RouteConfig } from '../contract/route-file.ts'
import type { Random } from '../contract/services.ts'
import { compileRoute, type Surroundings } from './compile-route.ts'
import { fingerprint } from './fingerprint.ts'
import type { Plan } from './plan.ts'
import { Table } from './table.ts'

/** A route whose newest version is broken. */
export interface Quarantined {
  readonly id: string
  readonly faults: readonly ConfigError[]
  /** What its requests get meanwhile: the version before, 500, or what another route makes of them. */
  readonly serving: 'previous' | 'error' | 'nothing'
}

/** A new table and what was wrong with its sources. */
export interface Update { readonly table: Table, readonly quarantined: readonly Quarantined[], readonly faults: readonly ConfigError[] }

/** A plan and what it was compiled from, to see whether it still is what the file says. */
interface Kept { readonly plan: Plan, readonly source: string, /** What beyond the route it was made of. */ readonly needs: readonly string[] }

/** What beside its own text makes a route another plan; `needs` are the names that its filters have asked for. */
export type Context = (route: RouteConfig, needs: readonly string[]) => unknown

/** A broken version is never taken for unchanged: the next update tries it again. */
const NEVER = ''

/**
 * Holds the table in force. An update compiles beside it: unchanged routes keep their plan and its state, a broken route keeps
 * the version that ran before, and nothing changes until `commit` puts the whole new table in place at once.
 */
export class TableKeeper {
  #kept = new Map<string, Kept>()
  #quarantined: readonly Quarantined[] = []
  #table: Table
  readonly #random: Random
  /** Plans that were retired and wait for their last request, or for their rooms to close. */
  readonly #leaving = new Set<Plan>()

  constructor (random: Random) {
    this.#random = random
    this.#table = new Table([], random)
  }

  get table (): Table { return this.#table }
  get quarantined (): readonly Quarantined[] { return this.#quarantined }
  /** How many replaced plans still have requests in flight, or are closing. */
  get leaving (): number { return this.#leaving.size }

  /** Resolves when every plan that was replaced until now is closed. */
  async closed (): Promise<void> {
    await Promise.all([...this.#leaving].map(plan => plan.life.closed))
  }

  /**
   * Compiles routes; `context` tells apart surroundings in which the same route would become another plan. `unreadable` are routes
   * that did not get so far: they are shown with those that cannot be compiled.
   */
  prepare (routes: readonly RouteConfig[], surroundings: Surroundings, context: Context, unreadable: readonly Quarantined[] = []): Prepared {
    const prepared = { kept: new Map<string, Kept>(), fresh: [] as Plan[], quarantined: [...unreadable] }
    for (const route of routes) {
      const sourceWith = (needs: readonly string[]) => fingerprint(route, surroundings.rooms, context(route, needs))
      const before = this.#kept.get(route.id)
      if (before && before.source === sourceWith(before.needs)) prepared.kept.set(route.id, before)
      else compile(route, sourceWith, before?.plan.fault === null ? before : null, surroundings, prepared)
    }
    return { ...prepared, faults: prepared.quarantined.flatMap(({ faults }) => faults) }
  }

  /** Puts what was prepared in force, and retires the plans it replaces. */
  commit ({ kept, fresh, quarantined, faults }: Prepared): Update {
    const old = this.#table.plans
    const plans = [...kept.values()].map(({ plan }) => plan)
    this.#kept = kept
    this.#quarantined = quarantined
    this.#table = new Table(plans, this.#random)
    const live = new Set(plans)
    for (const plan of [...old, ...fresh]) if (!live.has(plan)) this.#retire(plan)
    return { table: this.#table, quarantined, faults }
  }

  /** Retires every plan: nothing is served any more. */
  empty (): void {
    this.commit({ kept: new Map(), fresh: [], quarantined: [], faults: [] })
  }

  /** Lets go of what was prepared and will not be used. */
  discard ({ fresh }: Prepared): void {
    for (const plan of fresh) this.#retire(plan)
  }

  #retire (plan: Plan): void {
    this.#leaving.add(plan)
    void plan.life.closed.then(() => { this.#leaving.delete(plan) })
    plan.life.retire()
  }
}

/** A compiled configuration that is not in force yet. */
export interface Prepared {
  readonly kept: Map<string, Kept>
  readonly fresh: readonly Plan[]
  readonly quarantined: readonly Quarantined[]
  readonly faults: readonly ConfigError[]
}

function compile (route: RouteConfig, sourceWith: (needs: readonly string[]) => string, earlier: Kept | null, surroundings: Surroundings, into: Pick<Prepared, 'kept'> & { fresh: Plan[], quarantined: Quarantined[] }): void {
  const { plan, faults, needs } = compileRoute(route, surroundings)
  if (plan) into.fresh.push(plan)
  if (faults.length === 0) {
    into.kept.set(route.id, { plan: plan!, source: sourceWith(needs), needs })
    return
  }
  const before = faults.some(({ code }) => ENDS_TRUST.has(code)) ? null : earlier
  into.quarantined.push({ id: route.id, faults, serving: before ? 'previous' : plan ? 'error' : 'nothing' })
  if (before) into.kept.set(route.id, before)
  else if (plan) into.kept.set(route.id, { plan, source: NEVER, needs })
}
