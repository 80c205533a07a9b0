import type { Clock } from './services.ts'

/** Whoever is told that its time is over. Must not throw. */
export interface Limited { late(): void }

/** One limit that is set; `lift` ends it before its time, and does nothing after. */
export class TimeLimit {
  readonly atMs: number
  readonly limited: Limited
  previous: TimeLimit | null = null
  next: TimeLimit | null = null
  readonly #limits: TimeLimits

  constructor (limits: TimeLimits, atMs: number, limited: Limited) {
    this.#limits = limits
    this.atMs = atMs
    this.limited = limited
  }

  lift (): void {
    this.#limits.lift(this)
  }
}

/**
 * Limits the time of many requests with one timer. Most limits are lifted before their time, and those of one room are about equally long: each
 * is put at the end of a list, and taken out again, which costs a fraction of a timer of its own.
 */
export class TimeLimits {
  readonly #clock: Pick<Clock, 'monotonic' | 'sleep'>
  #first: TimeLimit | null = null
  #last: TimeLimit | null = null
  #sleep: AbortController | null = null
  #wakesAtMs = Infinity

  constructor (clock: Pick<Clock, 'monotonic' | 'sleep'>) {
    this.#clock = clock
  }

  /** `limited` is told `ms` milliseconds from now. */
  set (ms: number, limited: Limited): TimeLimit {
    const limit = new TimeLimit(this, this.#clock.monotonic() + ms, limited)
    let before = this.#last
    while (before !== null && before.atMs > limit.atMs) before = before.previous
    this.#insert(limit, before)
    if (limit.atMs < this.#wakesAtMs) this.#sleepUntil(limit.atMs)
    return limit
  }

  lift (limit: TimeLimit): void {
    const { previous, next } = limit
    if (previous !== null) previous.next = next
    else if (this.#first === limit) this.#first = next
    else return
    if (next !== null) next.previous = previous
    else this.#last = previous
    limit.previous = limit.next = null
  }

  /** Nobody is told any more. For the close phase. */
  close (): void {
    this.#sleep?.abort()
    this.#sleep = this.#first = this.#last = null
    this.#wakesAtMs = Infinity
  }

  #insert (limit: TimeLimit, before: TimeLimit | null): void {
    const after = before === null ? this.#first : before.next
    limit.previous = before
    limit.next = after
    if (before === null) this.#first = limit
    else before.next = limit
    if (after === null) this.#last = limit
    else after.previous = limit
  }

  /** A limit that is lifted leaves the timer as it is: the next request would only set it again. */
  #sleepUntil (atMs: number): void {
    this.#sleep?.abort()
    const sleep = this.#sleep = new AbortController()
    this.#wakesAtMs = atMs
    const ms = Math.max(0, atMs - this.#clock.monotonic())
    this.#clock.sleep(ms, sleep.signal).then(() => { if (this.#sleep === sleep) this.#wake() }, () => {})
  }

  #wake (): void {
    this.#sleep = null
    this.#wakesAtMs = Infinity
    const nowMs = this.#clock.monotonic()
    for (let due = this.#first; due !== null && due.atMs <= nowMs; due = this.#first) {
      this.lift(due)
      due.limited.late()
    }
    if (this.#first !== null) this.#sleepUntil(this.#first.atMs)
  }
}
