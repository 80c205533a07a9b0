import type { Clock } from './services.ts'

/** What was answered, and for how long it may be used. */
export interface Answer<V> {
  readonly value: V
  readonly freshForMs: number
  /** After that, how long it may still stand in where asking again fails (RFC 5861 `stale-if-error`). */
  readonly staleForMs?: number
}

export interface AnswerCacheOptions {
  readonly clock: Clock
  /** Kept and under way together; the least lately used goes first. */
  readonly maxEntries: number
  /** Share of its fresh time, from the end, in which an answer is renewed in the background. 0: only when it is over. */
  readonly renewAhead?: number
  /** After a failed attempt nobody asks again for this long: who has a stale answer gets it, who has none gets the same failure. */
  readonly cooldownMs?: number
}

interface Entry<V> {
  answer: Answer<V> | null
  /** On the monotonic clock: when the answer came, and when asking last failed. */
  since: number
  failedAt: number
  failure: unknown
  pending: Promise<V> | null
}

/**
 * Answers of somebody outside, asked for once however many wait (single flight), renewed ahead of their end, kept where asking fails.
 * Never more than `maxEntries`; failures are never answers.
 */
export class AnswerCache<V> {
  readonly #entries = new Map<string, Entry<V>>()
  readonly #clock: Clock
  readonly #maxEntries: number
  readonly #renewAhead: number
  readonly #cooldownMs: number

  constructor ({ clock, maxEntries, renewAhead = 0, cooldownMs = 0 }: AnswerCacheOptions) {
    this.#clock = clock
    this.#maxEntries = maxEntries
    this.#renewAhead = renewAhead
    this.#cooldownMs = cooldownMs
  }

  get size (): number { return this.#entries.size }

  /** The value, at once where it is fresh. `ask` is called where there is none, or it is time to renew it; what it rejects with comes back where nothing stale is left. */
  get (key: string, ask: () => Promise<Answer<V>>): V | Promise<V> {
    const entry = this.#entries.get(key) ?? this.#make(key)
    const { answer } = entry
    const now = this.#clock.monotonic()
    const age = now - entry.since
    if (answer === null || age >= answer.freshForMs) return this.#late(key, entry, age, now, ask)
    this.#used(key, entry)
    if (age >= answer.freshForMs * (1 - this.#renewAhead) && !this.#cools(entry, now)) void this.#ask(key, entry, ask).catch(() => {})
    return answer.value
  }

  /** Nothing fresh is there. */
  #late (key: string, entry: Entry<V>, age: number, now: number, ask: () => Promise<Answer<V>>): V | Promise<V> {
    const { answer } = entry
    const usable = answer !== null && age < answer.freshForMs + (answer.staleForMs ?? 0)
    if (usable) this.#used(key, entry)
    if (this.#cools(entry, now)) return usable ? answer.value : Promise.reject(entry.failure)
    const asked = this.#ask(key, entry, ask)
    return usable ? asked.catch(() => answer.value) : asked
  }

  /** Forgets an answer: the next `get` asks. */
  delete (key: string): void {
    this.#entries.delete(key)
  }

  clear (): void {
    this.#entries.clear()
  }

  #cools (entry: Entry<V>, now: number): boolean {
    return entry.pending === null && now - entry.failedAt < this.#cooldownMs
  }

  #make (key: string): Entry<V> {
    const entry: Entry<V> = { answer: null, since: 0, failedAt: -Infinity, failure: null, pending: null }
    this.#entries.set(key, entry)
    if (this.#entries.size > this.#maxEntries) this.#entries.delete(this.#entries.keys().next().value!)
    return entry
  }

  /** A Map keeps the order in which keys were set: the first is the least lately used. */
  #used (key: string, entry: Entry<V>): void {
    this.#entries.delete(key)
    this.#entries.set(key, entry)
  }

  #ask (key: string, entry: Entry<V>, ask: () => Promise<Answer<V>>): Promise<V> {
    entry.pending ??= this.#answered(key, entry, ask)
    return entry.pending
  }

  async #answered (key: string, entry: Entry<V>, ask: () => Promise<Answer<V>>): Promise<V> {
    try {
      const answer = await ask()
      entry.answer = answer
      entry.since = this.#clock.monotonic()
      entry.failedAt = -Infinity
      return answer.value
    } catch (error) {
      entry.failedAt = this.#clock.monotonic()
      entry.failure = error
      // A failure nobody need remember takes no place
      if (entry.answer === null && this.#cooldownMs === 0 && this.#entries.get(key) === entry) this.#entries.delete(key)
      throw error
    } finally {
      entry.pending = null
    }
  }
}
