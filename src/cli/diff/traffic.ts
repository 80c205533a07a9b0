import { accessLine, type Recorded } from './access-line.ts'

/** How much of a log is kept: distinct requests, and the letters of all of them. */
export interface TrafficLimits { readonly distinct: number, readonly letters: number }

const LIMITS: TrafficLimits = { distinct: 100_000, letters: 64 * 1024 ** 2 }

/** The distinct requests of a log, each with how often it came. */
export class Traffic {
  readonly #limits: TrafficLimits
  readonly #requests = new Map<string, { readonly recorded: Recorded, count: number }>()
  #letters = 0
  lines = 0
  unreadable = 0
  /** Requests that are no more of those kept, because there was no room for further ones. */
  beyond = 0

  constructor (limits: TrafficLimits = LIMITS) {
    this.#limits = limits
  }

  get requests (): Iterable<{ readonly recorded: Recorded, readonly count: number }> { return this.#requests.values() }
  get distinct (): number { return this.#requests.size }

  /** `line`: null for one that was too long. */
  add (line: string | null): void {
    this.lines++
    const read = line === null ? 'unreadable' : accessLine(line)
    if (read === 'unreadable') this.unreadable++
    else if (read !== 'other') this.#count(read)
  }

  #count (recorded: Recorded): void {
    const { method, host, path, query } = recorded
    const key = `${method} ${host ?? ''} ${path} ${query === null ? '-' : `?${query}`}`
    const known = this.#requests.get(key)
    if (known !== undefined) known.count++
    else if (this.#requests.size >= this.#limits.distinct || this.#letters + key.length > this.#limits.letters) this.beyond++
    else {
      this.#letters += key.length
      this.#requests.set(key, { recorded, count: 1 })
    }
  }
}
