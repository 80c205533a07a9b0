import { LimitReached, type Budget } from './budget.ts'
import { Items, LongNumber, Members, type Json } from './json-tree.ts'

/** The text is no JSON (RFC 8259). */
export class NotJson extends Error {
  override readonly name = 'NotJson'
}

const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y
/** A double holds so many decimal digits exactly. */
const EXACT_DIGITS = 15
const LONG_INTEGER = /^-?[0-9]{16,}$/

const QUOTE = 34
const COMMA = 44
const COLON = 58
const OPEN_LIST = 91
const BACKSLASH = 92
const CLOSE_LIST = 93
const OPEN_OBJECT = 123
const CLOSE_OBJECT = 125

/** Reads one document. Throws NotJson, or LimitReached as soon as it nests too deep or has too many values, before more of it is built. */
export function readJson (text: string, budget: Budget): Json {
  return new JsonReader(text, budget).document()
}

class JsonReader {
  readonly #text: string
  readonly #budget: Budget
  #at = 0
  #depth = 0
  #nodes = 0

  constructor (text: string, budget: Budget) {
    this.#text = text
    this.#budget = budget
  }

  document (): Json {
    const value = this.#value(this.#next())
    if (!Number.isNaN(this.#next())) throw new NotJson()
    return value
  }

  /** The code of the next character that is no white space, NaN at the end. */
  #next (): number {
    let code = this.#text.charCodeAt(this.#at)
    while (code === 32 || code === 10 || code === 13 || code === 9) code = this.#text.charCodeAt(++this.#at)
    return code
  }

  #value (code: number): Json {
    if (++this.#nodes > this.#budget.allowance.nodes) throw new LimitReached('too-many-nodes')
    this.#budget.spend(1)
    switch (code) {
      case QUOTE: return this.#string()
      case OPEN_OBJECT: return this.#members()
      case OPEN_LIST: return this.#items()
      case 116: return this.#word('true', true)
      case 102: return this.#word('false', false)
      case 110: return this.#word('null', null)
      default: return this.#number()
    }
  }

  /** Recursion is bounded: the depth is counted before. */
  #enter (): number {
    if (++this.#depth > this.#budget.allowance.depth) throw new LimitReached('too-deep')
    this.#at++
    return this.#next()
  }

  #items (): Items {
    const list = new Items()
    let code = this.#enter()
    while (code !== CLOSE_LIST) {
      list.items.push(this.#value(code))
      code = this.#after(CLOSE_LIST)
    }
    return this.#leave(list)
  }

  #members (): Members {
    const object = new Members()
    let code = this.#enter()
    while (code !== CLOSE_OBJECT) {
      if (code !== QUOTE) throw new NotJson()
      object.names.push(this.#string())
      if (this.#next() !== COLON) throw new NotJson()
      this.#at++
      object.values.push(this.#value(this.#next()))
      code = this.#after(CLOSE_OBJECT)
    }
    return this.#leave(object)
  }

  /** What follows a value: the end, or the next one after a comma. */
  #after (end: number): number {
    const code = this.#next()
    if (code === end) return code
    if (code !== COMMA) throw new NotJson()
    this.#at++
    const next = this.#next()
    if (next === end) throw new NotJson()
    return next
  }

  #leave<T> (value: T): T {
    this.#at++
    this.#depth--
    return value
  }

  #string (): string {
    const text = this.#text
    const start = ++this.#at
    let code = text.charCodeAt(start)
    while (code !== QUOTE && code !== BACKSLASH && code >= 32) code = text.charCodeAt(++this.#at)
    this.#budget.spend((this.#at - start) >> 4)
    if (code !== QUOTE) return this.#escaped(start)
    return text.slice(start, this.#at++)
  }

  /** A control character is refused by JSON.parse, as is an end without a quote. */
  #escaped (start: number): string {
    const text = this.#text
    let end = this.#at
    while (end < text.length && text.charCodeAt(end) !== QUOTE) end += text.charCodeAt(end) === BACKSLASH ? 2 : 1
    this.#budget.spend((end - start) >> 2)
    this.#at = end + 1
    try {
      return JSON.parse(text.slice(start - 1, end + 1)) as string
    } catch {
      throw new NotJson()
    }
  }

  #word<T> (word: string, value: T): T {
    if (!this.#text.startsWith(word, this.#at)) throw new NotJson()
    this.#at += word.length
    return value
  }

  #number (): number | LongNumber {
    NUMBER.lastIndex = this.#at
    if (!NUMBER.test(this.#text)) throw new NotJson()
    const written = this.#text.slice(this.#at, NUMBER.lastIndex)
    this.#at = NUMBER.lastIndex
    const value = Number(written)
    if (written.length <= EXACT_DIGITS && Number.isFinite(value)) return value
    return LONG_INTEGER.test(written) || !Number.isFinite(value) ? new LongNumber(written) : value
  }
}
