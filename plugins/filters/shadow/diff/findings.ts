import type { Difference, DifferenceKind } from '../comparison.ts'

const MOST = 100

/** The differences of one comparison: one for each path and kind, and no more than a hundred. */
export class Findings {
  readonly #found = new Map<string, Difference>()

  get full (): boolean {
    return this.#found.size >= MOST
  }

  /** `samples` is asked only where the difference is new. */
  add (path: string, kind: DifferenceKind, samples: () => readonly [live: string, shadow: string]): void {
    if (this.full || this.has(path, kind)) return
    const [live, shadow] = samples()
    this.#found.set(`${kind} ${path}`, { path, kind, live, shadow })
  }

  has (path: string, kind: DifferenceKind): boolean {
    return this.#found.has(`${kind} ${path}`)
  }

  all (): Difference[] {
    return [...this.#found.values()]
  }
}
