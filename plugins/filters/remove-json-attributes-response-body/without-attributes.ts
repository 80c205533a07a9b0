const QUOTE = 0x22
const COMMA = 0x2c
const BRACKET = 0x5b
const CLOSING_BRACKET = 0x5d
const BRACE = 0x7b
const CLOSING_BRACE = 0x7d
const MAX_DEPTH = 1000

/** An object or array that the scan is inside of. */
interface Level {
  readonly isObject: boolean
  /** Part of a member that goes anyway. */
  readonly gone: boolean
  /** Whether its members are looked at: an object that counts. */
  readonly counts: boolean
  /** Where the member (or element) began: behind the brace or the comma. */
  start: number
  awaitsKey: boolean
  /** The member that is being read goes. */
  cutting: boolean
  /** A member before it stayed. */
  kept: boolean
}

/**
 * A JSON text without the members of these names: of its outermost object, or `recursive` of every object in it. All else
 * stays character for character, so that 1.0 stays 1.0 and 2^53+1 itself. Null where it is not JSON (RFC 8259), or nested
 * deeper than 1000 levels.
 */
export function withoutAttributes (text: string, names: ReadonlySet<string>, recursive: boolean): string | null {
  return isJson(text) ? new Scan(text, names, recursive).result() : null
}

function isJson (text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/** One pass over a text that is known to be JSON; nothing recursive, so that depth costs no stack. */
class Scan {
  readonly #text: string
  readonly #names: ReadonlySet<string>
  readonly #recursive: boolean
  readonly #levels: Level[] = []
  #out = ''
  #copied = 0

  constructor (text: string, names: ReadonlySet<string>, recursive: boolean) {
    this.#text = text
    this.#names = names
    this.#recursive = recursive
  }

  result (): string | null {
    const text = this.#text
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i)
      if (code === QUOTE) i = this.#string(i)
      else if (code === COMMA) this.#next(i)
      else if (code === CLOSING_BRACE || code === CLOSING_BRACKET) this.#close(i)
      else if ((code === BRACE || code === BRACKET) && !this.#open(i, code === BRACE)) return null
    }
    return this.#out + text.slice(this.#copied)
  }

  #open (at: number, isObject: boolean): boolean {
    const outer = this.#levels.at(-1)
    const gone = outer !== undefined && (outer.gone || outer.cutting)
    const counts = isObject && !gone && (this.#recursive || outer === undefined)
    this.#levels.push({ isObject, gone, counts, start: at + 1, awaitsKey: isObject, cutting: false, kept: false })
    return this.#levels.length <= MAX_DEPTH
  }

  /** Gives where the string ends; a key decides whether its member goes. */
  #string (at: number): number {
    const end = this.#closingQuote(at)
    const level = this.#levels.at(-1)
    if (level?.awaitsKey) {
      level.awaitsKey = false
      level.cutting = level.counts && this.#names.has(this.#key(at, end))
    }
    return end
  }

  #next (at: number): void {
    const level = this.#levels.at(-1)!
    this.#endMember(level, at, 1)
    level.start = at + 1
    level.awaitsKey = level.isObject
  }

  #close (at: number): void {
    this.#endMember(this.#levels.pop()!, at, 0)
  }

  /** One comma goes with a member that is cut: the one before it, or where no member before it stayed the one after it. */
  #endMember (level: Level, end: number, commaAfter: number): void {
    if (!level.cutting) {
      level.kept = true
      return
    }
    this.#out += this.#text.slice(this.#copied, level.kept ? level.start - 1 : level.start)
    this.#copied = level.kept ? end : end + commaAfter
    level.cutting = false
  }

  /** A key can be written with escapes and still be that key. */
  #key (at: number, end: number): string {
    const written = this.#text.slice(at + 1, end)
    return written.includes('\\') ? JSON.parse(this.#text.slice(at, end + 1)) as string : written
  }

  #closingQuote (at: number): number {
    for (let end = this.#text.indexOf('"', at + 1); ; end = this.#text.indexOf('"', end + 1)) {
      let backslashes = 0
      while (this.#text[end - 1 - backslashes] === '\\') backslashes++
      if (backslashes % 2 === 0) return end
    }
  }
}
