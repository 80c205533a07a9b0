import { hash } from 'node:crypto'

/** Longer keys are kept as their digest: a header may be as long as it likes. */
const LONGEST_KEY = 64
/** How many a new one may push out: of so many the one that is missed least. */
const CHOICE = 8
/** So many a table may hold although all of them together hold too much: what is flooded is somebody else. */
const OWN_SHARE = 1000
/** How many are looked at for each new one, so that what is idle goes before the table is full. */
const LOOK = 2

/** How many entries all tables of a process may hold together. */
export class TableBudget {
  readonly most: number
  used = 0

  constructor (most: number) {
    this.most = most
  }
}

/**
 * A bounded map whose keys strangers choose. `worth` tells what would be lost with an entry; 0: nothing. What is worth nothing goes first. Where there is no
 * such entry, the least worth of some goes, a clock's hand choosing which: so many made-up keys push each other out before one that weighs more
 * than each of them.
 */
export class BoundedTable<Entry> {
  readonly #entries = new Map<string, Entry>()
  readonly #worth: (entry: Entry, nowUs: number) => number
  readonly #most: number
  readonly #isTidy: boolean
  readonly #budget: TableBudget
  // Kept, since an iterator made anew walks over everything that was ever deleted at the front
  #hand = this.#entries.entries()

  /** `isTidy`: what is worth nothing goes before the table is full. */
  constructor (worth: (entry: Entry, nowUs: number) => number, most: number, budget: TableBudget, isTidy: boolean) {
    this.#isTidy = isTidy
    this.#worth = worth
    this.#most = most
    this.#budget = budget
  }

  get size (): number {
    return this.#entries.size
  }

  get (key: string): Entry | undefined {
    return this.#entries.get(key.length > LONGEST_KEY ? digest(key) : key)
  }

  /** Puts one in that is not there yet. */
  add (key: string, entry: Entry, nowUs: number): void {
    const isFull = this.size >= this.#most || (this.size >= OWN_SHARE && this.#budget.used >= this.#budget.most)
    if (isFull) this.#pushOut(nowUs)
    else if (this.#isTidy && this.size >= OWN_SHARE) this.#tidy(nowUs)
    this.#entries.set(key.length > LONGEST_KEY ? digest(key) : copied(key), entry)
    this.#budget.used++
  }

  entries (): Iterable<Entry> {
    return this.#entries.values()
  }

  clear (): void {
    this.#budget.used -= this.size
    this.#entries.clear()
  }

  #tidy (nowUs: number): void {
    for (let i = 0; i < LOOK; i++) {
      const next = this.#next()
      if (next !== null && this.#worth(next[1], nowUs) === 0) this.#delete(next[0])
    }
  }

  #pushOut (nowUs: number): void {
    let least: string | null = null
    let leastWorth = Infinity
    for (let i = 0; i < CHOICE && leastWorth > 0; i++) {
      const next = this.#next()
      if (next === null) break
      const worth = this.#worth(next[1], nowUs)
      if (least === null || worth < leastWorth) [least, leastWorth] = [next[0], worth]
    }
    if (least !== null) this.#delete(least)
  }

  #delete (key: string): void {
    if (this.#entries.delete(key)) this.#budget.used--
  }

  #next (): readonly [string, Entry] | null {
    const { done, value } = this.#hand.next()
    if (!done) return value
    this.#hand = this.#entries.entries()
    return this.#hand.next().value ?? null
  }
}

/** One longer than what is kept as it is: nobody can send it. */
const digest = (key: string): string => `:${hash('sha256', key)}`

/** A part of a long text keeps all of it: V8 copies where it has to put something before it. */
const copied = (key: string): string => ` ${key}`.slice(1)
