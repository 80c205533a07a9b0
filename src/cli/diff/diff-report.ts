import type { Loaded } from '../load-files.ts'
import type { Recorded } from './access-line.ts'
import type { Outcome, Replay, Replayed } from './replay.ts'
import type { Traffic } from './traffic.ts'

/** Requests that go another way, or may: those with the same two outcomes together. */
export interface DiffGroup {
  /** `undecided`: what decides of the route is something a log does not tell. */
  readonly kind: 'changed' | 'undecided'
  /** Requests, and how many of them differ. */
  readonly count: number
  readonly distinct: number
  readonly example: { readonly method: string, readonly host: string | null, readonly target: string }
  /** What becomes of the example; of one that is undecided, where it has nothing beside its request line. */
  readonly was: Outcome
  readonly is: Outcome
  /** Predicates and their routes, no more than five. */
  readonly decidedBy: readonly string[]
}

/** What `diff --json` prints. */
export interface DiffReport {
  readonly lines: number
  readonly requests: number
  readonly distinct: number
  readonly unreadable: number
  /** Requests that were not compared: there were too many different ones. */
  readonly beyond: number
  readonly same: number
  readonly changed: number
  readonly undecided: number
  /** The most frequent first. */
  readonly groups: readonly DiffGroup[]
  /** Names of upstreams that both files have and that are not the same. */
  readonly upstreams: readonly string[]
}

const MAX_NAMED = 5

type Writable<T> = { -readonly [K in keyof T]: T[K] }

/** Takes every distinct request of a log through both configurations. */
export async function diffReport (traffic: Traffic, was: Replay, is: Replay, upstreams: readonly string[]): Promise<DiffReport> {
  const groups = new Map<string, Writable<DiffGroup>>()
  const counts = { same: 0, changed: 0, undecided: 0 }
  for (const { recorded, count } of traffic.requests) {
    const before = await was.run(recorded)
    const after = await is.run(recorded)
    const kind = kindOf(before, after)
    counts[kind] += count
    if (kind !== 'same') gather(groups, kind, { recorded, count, before, after })
  }
  const { lines, distinct, unreadable, beyond } = traffic
  const requests = counts.same + counts.changed + counts.undecided + beyond
  return { lines, requests, distinct, unreadable, beyond, ...counts, groups: [...groups.values()].sort((a, b) => b.count - a.count), upstreams }
}

/** What rests on something unknown is the same where all that it rests on is. */
function kindOf (before: Replayed, after: Replayed): 'same' | 'changed' | 'undecided' {
  const isSame = JSON.stringify(before.outcome) === JSON.stringify(after.outcome)
  if (before.doubts.length === 0 && after.doubts.length === 0) return isSame ? 'same' : 'changed'
  return isSame && before.basis === after.basis ? 'same' : 'undecided'
}

interface Different { readonly recorded: Recorded, readonly count: number, readonly before: Replayed, readonly after: Replayed }

function gather (groups: Map<string, Writable<DiffGroup>>, kind: DiffGroup['kind'], { recorded, count, before, after }: Different): void {
  const decidedBy = [...new Set([...before.doubts, ...after.doubts])].slice(0, MAX_NAMED)
  const { outcome: was } = before
  const { outcome: is } = after
  // Paths differ with each request; that they differ is what requests have in common
  const key = JSON.stringify([kind, { ...was, path: null }, { ...is, path: null }, was.path === is.path, decidedBy])
  const known = groups.get(key)
  if (known === undefined) groups.set(key, { kind, count, distinct: 1, example: exampleOf(recorded), was, is, decidedBy })
  else {
    known.count += count
    known.distinct++
  }
}

const exampleOf = ({ method, host, path, query }: Recorded): DiffGroup['example'] =>
  ({ method, host, target: query === null || query === '' ? path : `${path}?${query}` })

/** Names that stand for something else in the other file. */
export function changedUpstreams ({ config: { upstreams: was } }: Loaded, { config: { upstreams: is } }: Loaded): string[] {
  const text = (upstreams: typeof was, name: string) => JSON.stringify(upstreams.get(name)?.config)
  return [...was.keys()].filter(name => is.has(name) && text(was, name) !== text(is, name))
}
