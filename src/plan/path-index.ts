import type { PathHint } from '../contract/room.ts'
import type { Plan } from './plan.ts'

/** A plan in the table, with its place in the order of lookup. */
export interface Entry { readonly rank: number, readonly plan: Plan, readonly methods: ReadonlySet<string> | null }

/**
 * Entries by the literal segments their paths begin with: a trie with one child for any segment (`*`).
 * It narrows, it does not decide: what `collect` gives still has to match. A trailing slash is not a segment.
 */
export class PathIndex {
  #literals: Map<string, PathIndex> | null = null
  #any: PathIndex | null = null
  /** Whose path may go on here, and whose must end here; both by rank. */
  readonly #open: Entry[] = []
  readonly #exact: Entry[] = []

  /** Entries must come in the order of their rank. */
  add (entry: Entry, hint: PathHint): void {
    const node = hint.segments.reduce<PathIndex>((at, segment) => at.#child(segment), this)
    const list = hint.exact ? node.#exact : node.#open
    if (list.at(-1) !== entry) list.push(entry)
  }

  /** Puts every list of entries that could match `path` from `start` (just behind a slash) into `into`. */
  collect (path: string, start: number, into: Entry[][]): void {
    if (this.#open.length > 0) into.push(this.#open)
    if (start >= path.length) {
      if (this.#exact.length > 0) into.push(this.#exact)
      return
    }
    if (this.#literals === null && this.#any === null) return
    const slash = path.indexOf('/', start)
    const end = slash < 0 ? path.length : slash
    this.#literals?.get(path.slice(start, end))?.collect(path, end + 1, into)
    this.#any?.collect(path, end + 1, into)
  }

  #child (segment: string): PathIndex {
    if (segment === '*') {
      this.#any ??= new PathIndex()
      return this.#any
    }
    this.#literals ??= new Map()
    let child = this.#literals.get(segment)
    if (!child) this.#literals.set(segment, child = new PathIndex())
    return child
  }
}
