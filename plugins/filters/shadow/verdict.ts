import type { Limited, TimeLimit, TimeLimits } from '../../../src/contract/index.ts'

/** What a comparison that a client waits for came to. */
export type Verdict = 'equal' | 'diff' | 'late'

/** The worst of several: a difference weighs more than one that nobody knows of yet. */
export const worst = (verdicts: readonly Verdict[]): Verdict =>
  verdicts.includes('diff') ? 'diff' : verdicts.includes('late') ? 'late' : 'equal'

/** A verdict, or `late` when it takes longer than `ms`. Null where there will be none. */
export function inTime (verdict: Promise<Verdict | null>, ms: number, limits: TimeLimits): { readonly verdict: Promise<Verdict | null>, giveUp(): void } {
  const wait = new Wait(ms, limits)
  verdict.then(known => { wait.end(known) }, () => { wait.late() })
  return { verdict: wait.verdict, giveUp: () => { wait.late() } }
}

class Wait implements Limited {
  readonly #limit: TimeLimit
  readonly #known = Promise.withResolvers<Verdict | null>()

  constructor (ms: number, limits: TimeLimits) {
    this.#limit = limits.set(ms, this)
  }

  get verdict (): Promise<Verdict | null> { return this.#known.promise }

  late (): void {
    this.end('late')
  }

  end (verdict: Verdict | null): void {
    this.#limit.lift()
    this.#known.resolve(verdict)
  }
}
