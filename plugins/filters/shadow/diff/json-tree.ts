/** What a JSON text says, kept as it was said: names in their order, twice where they stood twice, and no name with a meaning of its own (`__proto__`). */
export type Json = string | number | boolean | null | LongNumber | Members | Items

/** A number that a double cannot tell from its neighbours. */
export class LongNumber {
  readonly text: string
  readonly value: number

  constructor (text: string) {
    this.text = text
    this.value = Number(text)
  }
}

/** A list. */
export class Items {
  readonly items: Json[] = []
  /** Kept by whoever made it. */
  fingerprint = 0
}

/** With fewer members than this it is faster to look at each name. */
const FEW = 9

/** An object. */
export class Members {
  readonly names: string[] = []
  readonly values: Json[] = []
  /** Kept by whoever made it. */
  fingerprint = 0
  /** Whether its names are values themselves; null until somebody has looked. */
  isMap: boolean | null = null
  #places: Map<string, number> | null = null

  /** Where the last member of this name is (as JSON.parse has it), -1 where there is none. */
  place (name: string): number {
    return this.names.length < FEW ? this.names.lastIndexOf(name) : this.#index().get(name) ?? -1
  }

  /** How many different names there are. */
  get distinct (): number {
    return this.#index().size
  }

  #index (): Map<string, number> {
    this.#places ??= new Map(this.names.map((name, i) => [name, i]))
    return this.#places
  }
}

/** What JSON calls the value. */
export function jsonType (value: Json): 'object' | 'list' | 'string' | 'number' | 'boolean' | 'null' {
  if (value === null) return 'null'
  if (typeof value !== 'object') return typeof value as 'string' | 'number' | 'boolean'
  if (value instanceof Members) return 'object'
  return value instanceof Items ? 'list' : 'number'
}
