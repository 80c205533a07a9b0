import { LRUCache } from 'lru-cache'
import { AnswerCache, Refusal, type Clock, type Principal, type Verdict } from '../../../src/contract/index.ts'

/** What was found out about one credential, and for how long that holds. */
export interface Finding { readonly verdict: Verdict, readonly forMs: number }

/**
 * Verdicts on credentials that somebody else has to be asked about, asked for once however many wait. Good ones are kept apart from the
 * refused and from those under way: whoever sends random credentials pushes out nothing but his own. Keys are digests, never credentials.
 */
export class VerdictCache {
  readonly #clock: Clock
  readonly #good: LRUCache<string, { readonly principal: Principal, readonly endsAt: number }>
  readonly #others: AnswerCache<Verdict>

  constructor ({ clock, maxGood, maxOthers }: { clock: Clock, maxGood: number, maxOthers: number }) {
    this.#clock = clock
    this.#good = new LRUCache({ max: maxGood })
    this.#others = new AnswerCache({ clock, maxEntries: maxOthers })
  }

  /** The principal behind a credential that is remembered as good. */
  known (key: string): Principal | null {
    const found = this.#good.get(key)
    if (found === undefined) return null
    if (found.endsAt > this.#clock.monotonic()) return found.principal
    this.#good.delete(key)
    return null
  }

  /** At once where it is remembered, good or bad. What `find` rejects with comes back, and is not remembered. */
  get (key: string, find: () => Promise<Finding>): Verdict | Promise<Verdict> {
    return this.known(key) ?? this.#others.get(key, async () => {
      const { verdict, forMs } = await find()
      if (verdict instanceof Refusal) return { value: verdict, freshForMs: forMs }
      this.#good.set(key, { principal: verdict, endsAt: this.#clock.monotonic() + forMs })
      return { value: verdict, freshForMs: 0 }
    })
  }
}
