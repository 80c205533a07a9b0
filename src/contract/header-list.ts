const INVALID_VALUE = /[^\t\x20-\x7e\x80-\xff]/
const INVALID_NAME = /[^!#$%&'*+\-.^_`|~0-9A-Za-z]/

/**
 * The field lines of one message in order, names in lower case, every value of a repeated field kept (RFC 9110 5.2, 5.3).
 * `flat` is name, value, name, value: the shape that both undici and node:http take without another copy.
 */
export class HeaderList {
  readonly flat: string[]

  /** `flat` must hold lower-case names and valid values; use `append` for text that was not checked. */
  constructor (flat: string[] = []) {
    this.flat = flat
  }

  /** A list made from a record; a value may be a list of values. Names are lowered and checked. */
  static from (record: Readonly<Record<string, string | readonly string[]>>): HeaderList {
    const list = new HeaderList()
    for (const [name, value] of Object.entries(record)) {
      for (const one of typeof value === 'string' ? [value] : value) list.append(name, one)
    }
    return list
  }

  /** The first value of the field, as sent; undefined where the field is absent. `name` in lower case. */
  first (name: string): string | undefined {
    const { flat } = this
    for (let i = 0; i < flat.length; i += 2) if (flat[i] === name) return flat[i + 1]
    return undefined
  }

  /** All values of the field joined as RFC 9110 5.3 allows (`, `; cookies `; `). `name` in lower case. */
  get (name: string): string | undefined {
    const { flat } = this
    let joined: string | undefined
    for (let i = 0; i < flat.length; i += 2) {
      if (flat[i] !== name) continue
      joined = joined === undefined ? flat[i + 1] : `${joined}${name === 'cookie' ? '; ' : ', '}${flat[i + 1]}`
    }
    return joined
  }

  /** Each value of the field, one a line. `name` in lower case. */
  all (name: string): string[] {
    const { flat } = this
    const values: string[] = []
    for (let i = 0; i < flat.length; i += 2) if (flat[i] === name) values.push(flat[i + 1]!)
    return values
  }

  has (name: string): boolean {
    return this.first(name) !== undefined
  }

  /** Puts one value in place of all there were. Throws TypeError on text that is no field value (RFC 9110 5.5). */
  set (name: string, value: string): void {
    this.put(checked(name, value), value)
  }

  /** The same for a name in lower case and a value that can only be one (base64url, say): to look at each letter again would cost more than all the rest. */
  put (lower: string, value: string): void {
    const { flat } = this
    for (let i = 0; i < flat.length; i += 2) {
      if (flat[i] !== lower) continue
      flat[i + 1] = value
      this.#removeFrom(lower, i + 2)
      return
    }
    flat.push(lower, value)
  }

  /** Adds a line and keeps those there are. Throws TypeError on text that is no field value (RFC 9110 5.5). */
  append (name: string, value: string): void {
    this.flat.push(checked(name, value), value)
  }

  /** Removes every line of the field; says whether there was one. `name` in any case. */
  delete (name: string): boolean {
    return this.#removeFrom(name.toLowerCase(), 0)
  }

  /** The distinct names, in order of first appearance. */
  names (): string[] {
    const names = new Set<string>()
    for (let i = 0; i < this.flat.length; i += 2) names.add(this.flat[i]!)
    return [...names]
  }

  /** Name and value of each line. */
  * [Symbol.iterator] (): Generator<[string, string]> {
    for (let i = 0; i < this.flat.length; i += 2) yield [this.flat[i]!, this.flat[i + 1]!]
  }

  #removeFrom (name: string, start: number): boolean {
    const { flat } = this
    let kept = start
    for (let i = start; i < flat.length; i += 2) {
      if (flat[i] === name) continue
      if (kept !== i) {
        flat[kept] = flat[i]!
        flat[kept + 1] = flat[i + 1]!
      }
      kept += 2
    }
    const removed = kept !== flat.length
    if (removed) flat.length = kept
    return removed
  }
}

function checked (name: string, value: string): string {
  // Before it is lowered: the Kelvin sign would become a k
  if (INVALID_NAME.test(name) || name === '') throw new TypeError(`not a header name: ${JSON.stringify(name)}`)
  const lower = name.toLowerCase()
  if (INVALID_VALUE.test(value)) throw new TypeError(`not a value for the header ${lower}`)
  return lower
}
