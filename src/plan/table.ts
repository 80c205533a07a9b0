import { NO_PARAMS, type Exchange } from '../contract/exchange.ts'
import type { PathHint } from '../contract/room.ts'
import type { Random } from '../contract/services.ts'
import { PathIndex, type Entry } from './path-index.ts'
import type { Plan } from './plan.ts'

const ANY_PATH: readonly PathHint[] = [{ segments: [], exact: false }]

export type Found = Plan | null

/**
 * All plans of one configuration, indexed, immutable. `find` gives what a linear scan by order and position would: an index
 * over host, then path, then method narrows the candidates, and their predicates decide.
 */
export class Table {
  /** In the order of lookup. */
  readonly plans: readonly Plan[]
  readonly #random: Random
  readonly #hosts = new Map<string, PathIndex>()
  /** By suffix, `.example.com`, and the length of the longest: nothing longer need be looked up, however many labels a client sends. */
  readonly #suffixes = new Map<string, PathIndex>()
  #longestSuffix = 0
  readonly #anyHost = new PathIndex()
  readonly #groups = new Map<string, Entry[]>()
  readonly #preflights: boolean
  /** Request headers that a filter of some route writes for upstreams to believe, in lower case. */
  readonly ownHeaders: readonly string[]

  /** `plans` in the order of the files. */
  constructor (plans: readonly Plan[], random: Random) {
    this.plans = [...plans].sort((a, b) => a.config.order - b.config.order)
    this.#random = random
    this.#preflights = plans.some(plan => plan.answersPreflight)
    this.ownHeaders = [...new Set(plans.flatMap(plan => plan.ownHeaders.map(name => name.toLowerCase())))].sort()
    this.plans.forEach((plan, rank) => { this.#add(plan, rank) })
  }

  /** The plan of a request, null where none takes it; a promise only where a predicate has to wait for the body. Throws what a predicate threw. */
  find (x: Exchange): Found | Promise<Found> {
    if (!this.#preflights || x.method !== 'OPTIONS') return this.#scan(x, this.#candidates(x), false)
    const asked = x.headers.first('access-control-request-method')
    if (asked === undefined || !x.headers.has('origin')) return this.#scan(x, this.#candidates(x), false)
    x.routingMethod = asked
    const found = this.#scan(x, this.#candidates(x), true)
    return found instanceof Promise ? found.then(plan => this.#orOrdinary(x, plan)) : this.#orOrdinary(x, found)
  }

  /** A preflight that no CORS filter answers is a request like any other. */
  #orOrdinary (x: Exchange, found: Found): Found | Promise<Found> {
    x.routingMethod = x.method
    return found ?? this.#scan(x, this.#candidates(x), false)
  }

  #candidates (x: Exchange): Candidates {
    const lists: Entry[][] = []
    const { host, path } = x
    this.#hosts.get(host)?.collect(path, 1, lists)
    if (this.#suffixes.size > 0) {
      for (let dot = host.indexOf('.', host.length - this.#longestSuffix); dot >= 0; dot = host.indexOf('.', dot + 1)) {
        this.#suffixes.get(host.slice(dot))?.collect(path, 1, lists)
      }
    }
    this.#anyHost.collect(path, 1, lists)
    return new Candidates(lists)
  }

  #scan (x: Exchange, candidates: Candidates, preflight: boolean): Found | Promise<Found> {
    for (let entry = candidates.next(); entry !== null; entry = candidates.next()) {
      const { plan, methods } = entry
      if (methods !== null && !methods.has(x.routingMethod)) continue
      if (preflight && !plan.answersPreflight) continue
      x.params = NO_PARAMS
      const held = plan.match(x)
      if (held === true) return plan.share === null ? plan : this.#draw(x, plan, preflight)
      if (held !== false) {
        return held.then(ok => !ok ? this.#scan(x, candidates, preflight) : plan.share === null ? plan : this.#draw(x, plan, preflight))
      }
    }
    x.params = NO_PARAMS
    return null
  }

  /** One of the members of `first`'s group that hold, by weight. */
  #draw (x: Exchange, first: Plan, preflight: boolean): Plan | Promise<Plan> {
    const members = this.#groups.get(first.share!.group)!.filter(({ plan, methods }) =>
      (!preflight || plan.answersPreflight) && (methods === null || methods.has(x.routingMethod)))
    return this.#ask(x, members, 0, [], first)
  }

  /** One member after the other: two at a time would mix their variables. One that throws has no part in the draw. */
  #ask (x: Exchange, members: readonly Entry[], start: number, holding: Plan[], first: Plan): Plan | Promise<Plan> {
    for (let i = start; i < members.length; i++) {
      const { plan } = members[i]!
      x.params = NO_PARAMS
      let held: boolean | Promise<boolean> = false
      try {
        held = plan.match(x)
      } catch {
        continue
      }
      if (held === true) holding.push(plan)
      else if (held !== false) {
        const rest = (ok: boolean) => this.#ask(x, members, i + 1, ok ? [...holding, plan] : holding, first)
        return held.then(rest, () => rest(false))
      }
    }
    // A predicate of chance or time may not hold a second time
    return this.#settle(x, holding.length === 0 ? [first] : holding)
  }

  /** The variables are those of the plan drawn, so it is asked once more. */
  #settle (x: Exchange, holding: readonly Plan[]): Plan | Promise<Plan> {
    const total = holding.reduce((sum, plan) => sum + plan.share!.weight, 0)
    let left = this.#random.next() * total
    const drawn = total === 0 ? holding[0]! : holding.find(plan => (left -= plan.share!.weight) < 0) ?? holding.at(-1)!
    x.params = NO_PARAMS
    const again = drawn.match(x)
    return typeof again === 'boolean' ? drawn : again.then(() => drawn)
  }

  #add (plan: Plan, rank: number): void {
    const { hosts, paths = ANY_PATH, methods } = plan.index
    const entry: Entry = { rank, plan, methods: methods ? new Set(methods) : null }
    for (const index of hosts ? hosts.map(host => this.#hostIndex(host)) : [this.#anyHost]) {
      for (const path of paths) index.add(entry, path)
    }
    if (!plan.share) return
    const members = this.#groups.get(plan.share.group)
    if (members) members.push(entry)
    else this.#groups.set(plan.share.group, [entry])
  }

  #hostIndex (host: string): PathIndex {
    const wild = host.startsWith('*.')
    const map = wild ? this.#suffixes : this.#hosts
    const key = wild ? host.slice(1) : host
    if (wild) this.#longestSuffix = Math.max(this.#longestSuffix, key.length)
    let index = map.get(key)
    if (!index) map.set(key, index = new PathIndex())
    return index
  }
}

/** Merges lists of entries, each by rank, into one sequence by rank without repeats. */
class Candidates {
  readonly #lists: readonly Entry[][]
  readonly #at: number[]
  #last = -1

  constructor (lists: readonly Entry[][]) {
    this.#lists = lists
    this.#at = lists.length > 1 ? lists.map(() => 0) : [0]
  }

  next (): Entry | null {
    if (this.#lists.length === 1) return this.#lists[0]![this.#at[0]!++] ?? null
    let best: Entry | null = null
    for (let i = 0; i < this.#lists.length; i++) {
      const list = this.#lists[i]!
      let at = this.#at[i]!
      while (at < list.length && list[at]!.rank <= this.#last) at++
      this.#at[i] = at
      const entry = list[at]
      if (entry !== undefined && (best === null || entry.rank < best.rank)) best = entry
    }
    if (best !== null) this.#last = best.rank
    return best
  }
}
