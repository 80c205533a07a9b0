import type { Budget } from './budget.ts'
import { maskingWork, type CompareRules } from './compare-rules.ts'
import { Items, jsonType, LongNumber, Members, type Json } from './json-tree.ts'
import type { PathRule } from './path-rule.ts'

const HIGH = 2 ** 21

/** Two 32-bit hashes side by side in 53 bits; not for anything that must withstand an attack. */
const joined = (a: number, b: number): number => (a >>> 0) * HIGH + (b >>> 11)

/** After FNV-1a (draft-eastlake-fnv), with a second multiplier for the second half. */
function hashOf (text: string): number {
  let [a, b] = [0x811c9dc5, 0x2545f491]
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    a = Math.imul(a ^ code, 0x01000193)
    b = Math.imul(b + code, 0x85ebca6b)
    b ^= b >>> 15
  }
  return joined(a, b)
}

/** Puts one more hash to others; the order matters. */
export function mixed (sum: number, hash: number): number {
  let a = Math.imul((sum / HIGH | 0) ^ (hash / HIGH | 0), 0x85ebca6b)
  let b = Math.imul((sum | 0) + 0x9e3779b9 ^ (hash | 0), 0xc2b2ae35)
  b ^= a >>> 16
  a = Math.imul(a ^ b >>> 13, 0x27d4eb2f)
  return joined(a ^ a >>> 15, Math.imul(b, 0x165667b1))
}

/** One leaf of a value, and how much it says that two values have it in common. */
export interface Trait { readonly hash: number, readonly weight: number }

const MOST_TRAITS = 64
const SEEDS = { object: 11, list: 12, string: 13, number: 14, boolean: 15, null: 16 }
/** Members that say which thing it is. */
const IDENTITY = /^_?(?:id|uuid|guid|key|sku|code|name|number)$|(?:Id|_id|Key|Uuid)$/

/** Numbers for values, the same for those that the rules hold for alike (but for tolerances, which no number can tell). A value has one place in its document, and so one number. */
export class Fingerprints {
  readonly #rules: CompareRules
  readonly #budget: Budget

  constructor (rules: CompareRules, budget: Budget) {
    this.#rules = rules
    this.#budget = budget
  }

  of (value: Json, rule: PathRule): number {
    this.#budget.spend(2)
    if (value instanceof Members || value instanceof Items) {
      if (value.fingerprint === 0) value.fingerprint = value instanceof Members ? this.#ofMembers(value, rule) : this.#ofItems(value, rule)
      return value.fingerprint
    }
    const type = jsonType(value)
    return rule.typeOnly ? SEEDS[type] : mixed(SEEDS[type], hashOf(this.#text(value)))
  }

  #text (value: Json): string {
    if (typeof value !== 'string') return value instanceof LongNumber ? value.text : String(value)
    this.#budget.spend((value.length >> 4) + maskingWork(value.length, this.#rules))
    return this.#rules.mask(value)
  }

  #ofMembers ({ names, values }: Members, rule: PathRule): number {
    const hashes: number[] = []
    for (const [i, name] of names.entries()) {
      const below = rule.step(name)
      if (!below.ignored) hashes.push(mixed(hashOf(name), this.of(values[i]!, below)))
    }
    return total(SEEDS.object, hashes.sort(ascending))
  }

  #ofItems ({ items }: Items, rule: PathRule): number {
    const hashes = items.map((item, i) => this.of(item, rule.step(i)))
    return total(SEEDS.list, rule.unordered ? hashes.sort(ascending) : hashes)
  }

  /** What says which thing an element of a list is: its first member that is named like it, and no object. Null where nothing does. */
  identity (value: Json, rule: PathRule): number | null {
    if (!(value instanceof Members)) return null
    const name = value.names.find(name => IDENTITY.test(name))
    if (name === undefined || rule.step(name).ignored) return null
    const identity = value.values[value.place(name)]!
    return identity instanceof Members || identity instanceof Items || identity === null ? null : mixed(hashOf(name), this.of(identity, rule.step(name)))
  }

  /** The leaves of a value, no more than 64. */
  traits (value: Json, rule: PathRule): Trait[] {
    const found: Trait[] = []
    this.#collect(value, rule, 1, 1, found)
    return found
  }

  #collect (value: Json, rule: PathRule, path: number, weight: number, found: Trait[]): void {
    if (found.length >= MOST_TRAITS || rule.ignored) return
    if (value instanceof Members) {
      for (const [i, name] of value.names.entries()) this.#collect(value.values[i]!, rule.step(name), mixed(path, hashOf(name)), IDENTITY.test(name) ? 4 : 1, found)
    } else if (value instanceof Items) {
      for (const [i, item] of value.items.entries()) this.#collect(item, rule.step(i), mixed(path, SEEDS.list), 1, found)
    } else found.push({ hash: mixed(path, this.of(value, rule)), weight: typeof value === 'boolean' || value === null ? weight / 4 : weight })
  }
}

const ascending = (a: number, b: number): number => a - b

const total = (seed: number, hashes: readonly number[]): number => hashes.reduce(mixed, mixed(seed, hashes.length)) || 1
