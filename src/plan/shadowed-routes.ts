import type { PathHint } from '../contract/room.ts'
import type { Plan } from './plan.ts'

/** A route that no request reaches, and the one that takes them all. */
export interface Shadowed { readonly plan: Plan, readonly by: Plan }

const ANY_PATH: readonly PathHint[] = [{ segments: [], exact: false }]
const ANY_HOST = ['']

/**
 * Routes that an earlier one always shadows, `plans` being in the order of lookup. Only what is certain is told: the earlier route
 * must be all said by its hints (`Plan.complete`), and these must include every hint of the later one.
 */
export function shadowedRoutes (plans: readonly Plan[]): Shadowed[] {
  const covers: Covers = new Map()
  const shadowed: Shadowed[] = []
  for (const plan of plans) {
    const by = coverOf(plan, covers)
    if (by) shadowed.push({ plan, by })
    else if (plan.complete && plan.share === null) remember(plan, covers)
  }
  return shadowed
}

/** Covers by host, then by path, so that ten thousand routes of as many hosts are not all compared with each other. */
type Covers = Map<string, Node>

/** Covers by the segments of their paths: those whose path may go on here, and those whose path ends here. */
interface Node { readonly open: Plan[], readonly exact: Plan[], readonly below: Map<string, Node> }

const node = (): Node => ({ open: [], exact: [], below: new Map() })

function child (nodes: Map<string, Node>, key: string): Node {
  const known = nodes.get(key) ?? node()
  nodes.set(key, known)
  return known
}

function remember (plan: Plan, covers: Covers): void {
  for (const host of plan.index.hosts ?? ANY_HOST) {
    for (const { segments, exact } of plan.index.paths ?? ANY_PATH) {
      const end = segments.reduce((at, segment) => child(at.below, segment), child(covers, host))
      end[exact ? 'exact' : 'open'].push(plan)
    }
  }
}

/** A member of a group is drawn for requests that reached an earlier member, so that what lies between them shadows none. */
function coverOf (plan: Plan, covers: Covers): Plan | null {
  const { hosts = ANY_HOST, paths = ANY_PATH } = plan.index
  const [host] = hosts
  const [path] = paths
  if (plan.share !== null || host === undefined || path === undefined) return null
  return covering(host, path, covers).find(cover => answersAll(cover, plan) &&
    hosts.every(host => paths.every(path => covering(host, path, covers).includes(cover)))) ?? null
}

/** Lookup of a preflight passes by routes that answer none. */
function answersAll (cover: Plan, plan: Plan): boolean {
  const { methods } = cover.index
  if (plan.answersPreflight && !cover.answersPreflight) return false
  return methods === undefined || (plan.index.methods?.every(method => methods.includes(method)) ?? false)
}

/** Routes that take every path of the hint on that host. */
const covering = (host: string, { segments, exact }: PathHint, covers: Covers): Plan[] =>
  hostsAround(host).flatMap(around => covers.get(around) ?? []).flatMap(root => along(root, segments, 0, exact))

function along (at: Node, segments: readonly string[], depth: number, exact: boolean): Plan[] {
  const segment = segments[depth]
  if (segment === undefined) return exact ? [...at.open, ...at.exact] : at.open
  const nexts = segment === '*' ? [at.below.get('*')] : [at.below.get(segment), at.below.get('*')]
  return [...at.open, ...nexts.flatMap(next => next ? along(next, segments, depth + 1, exact) : [])]
}

/** The hint itself and each that includes it: of `a.b.c` these are `*.b.c`, `*.c` and any host. */
function hostsAround (host: string): string[] {
  if (host === '') return ANY_HOST
  const labels = host.split('.')
  return [...new Set([host, ...labels.slice(1).map((_, i) => `*.${labels.slice(i + 1).join('.')}`), ''])]
}
