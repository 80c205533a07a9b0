import { escapePointer } from '../../../../src/contract/index.ts'
import type { DifferenceKind } from '../comparison.ts'
import type { Budget } from './budget.ts'
import { inPlace, pairLists, type ListPairing } from './compare-lists.ts'
import { maskingWork, type CompareRules } from './compare-rules.ts'
import { scalarDifference } from './compare-scalars.ts'
import { isDynamic } from './dynamic-key.ts'
import type { Findings } from './findings.ts'
import { Fingerprints } from './fingerprints.ts'
import { Items, jsonType, Members, type Json } from './json-tree.ts'
import type { PathRule } from './path-rule.ts'
import { ABSENT, samples, shape } from './samples.ts'

/** Finds where two documents differ. Throws LimitReached. */
export function compareJson (live: Json, other: Json, rules: CompareRules, findings: Findings, budget: Budget): void {
  if (!rules.root.ignored) new JsonComparison(rules, findings, budget).compare(live, other, rules.root)
}

/** One step of the way to a place: into a list, or into a pair of objects. */
interface Step { readonly name: string, readonly live: Members, readonly other: Members }

class JsonComparison {
  readonly #rules: CompareRules
  readonly #findings: Findings
  readonly #budget: Budget
  readonly #fingerprints: Fingerprints
  readonly #way: (Step | null)[] = []

  constructor (rules: CompareRules, findings: Findings, budget: Budget) {
    this.#rules = rules
    this.#findings = findings
    this.#budget = budget
    this.#fingerprints = new Fingerprints(rules, budget)
  }

  compare (live: Json, other: Json, rule: PathRule): void {
    this.#budget.spend(1)
    if (live === other || this.#findings.full) return
    if (live instanceof Members && other instanceof Members) return this.#members(live, other, rule)
    if (live instanceof Items && other instanceof Items) return this.#items(live, other, rule)
    if (jsonType(live) !== jsonType(other)) return this.#report('type', live, other, rule)
    if (typeof live === 'string') this.#budget.spend(maskingWork(live.length + (other as string).length, this.#rules))
    const kind = scalarDifference(live, other, this.#name, rule, this.#rules)
    if (kind !== null) this.#report(kind, live, other, rule)
  }

  #members (live: Members, other: Members, rule: PathRule): void {
    const { names, values } = live
    if (names.length !== other.names.length || names.some((name, i) => name !== other.names[i])) return this.#byName(live, other, rule)
    for (let i = 0; i < names.length; i++) this.#member(names[i]!, live, other, values[i]!, other.values[i]!, rule)
  }

  /** Of several members with one name only the last is what the others are taken for. */
  #byName (live: Members, other: Members, rule: PathRule): void {
    for (const [i, name] of live.names.entries()) {
      const place = other.place(name)
      if (live.place(name) === i) this.#member(name, live, other, live.values[i]!, place < 0 ? undefined : other.values[place]!, rule)
    }
    for (const [j, name] of other.names.entries()) {
      if (live.place(name) < 0 && other.place(name) === j) this.#member(name, live, other, undefined, other.values[j]!, rule)
    }
    this.#twice(live, other, rule)
  }

  #member (name: string, live: Members, other: Members, value: Json | undefined, otherValue: Json | undefined, above: PathRule): void {
    const rule = above.step(name)
    if (rule.ignored || value === otherValue) return
    this.#way.push({ name, live, other })
    this.#pair(value, otherValue, rule)
    this.#way.pop()
  }

  #pair (live: Json | undefined, other: Json | undefined, rule: PathRule): void {
    if (other === undefined) this.#alone('missing', live!, rule)
    else if (live === undefined) this.#alone('added', other, rule)
    else this.compare(live, other, rule)
  }

  /** A name that stands more often in one than in the other: which member counts is up to who reads it. */
  #twice (live: Members, other: Members, above: PathRule): void {
    if (live.names.length === live.distinct && other.names.length === other.distinct) return
    const [was, is] = [counts(live.names), counts(other.names)]
    for (const [name, times] of was) {
      const rule = above.step(name)
      const more = (is.get(name) ?? times) - times
      if (more === 0 || rule.ignored) continue
      this.#way.push({ name, live, other })
      this.#alone(more < 0 ? 'missing' : 'added', more < 0 ? live.values[live.place(name)]! : other.values[other.place(name)]!, rule)
      this.#way.pop()
    }
  }

  #items (live: Items, other: Items, rule: PathRule): void {
    const { pairs, missing, added, reordered } = this.#pairing(live, other, rule)
    if (reordered) this.#report('order', live, other, rule)
    if (live.items.length !== other.items.length) this.#report('length', live, other, rule)
    this.#way.push(null)
    for (const [i, j] of pairs) this.#element(live.items[i]!, other.items[j]!, rule.step(i))
    for (const i of missing) this.#element(live.items[i]!, undefined, rule.step(i))
    for (const j of added) this.#element(undefined, other.items[j]!, rule.step(j))
    this.#way.pop()
  }

  #pairing (live: Items, other: Items, rule: PathRule): ListPairing {
    if (live.items.length === 1 && other.items.length === 1) return inPlace(1)
    return pairLists(live, other, rule, this.#fingerprints, this.#budget)
  }

  #element (live: Json | undefined, other: Json | undefined, rule: PathRule): void {
    if (!rule.ignored && live !== other) this.#pair(live, other, rule)
  }

  #alone (kind: 'missing' | 'added', value: Json, rule: PathRule): void {
    const shown = () => rule.plain ? samples('type', value, value, this.#name, rule, this.#rules)[0] : shape(value, this.#name)
    this.#findings.add(this.#path(), kind, () => kind === 'missing' ? [shown(), ABSENT] : [ABSENT, shown()])
  }

  #report (kind: DifferenceKind, live: Json, other: Json, rule: PathRule): void {
    this.#findings.add(this.#path(), kind, () => samples(kind, live, other, this.#name, rule, this.#rules))
  }

  /** Of the member that the place is in, however many lists are between. */
  get #name (): string {
    return this.#way.findLast(step => step !== null)?.name ?? ''
  }

  #isHidden ({ name, live, other }: Step): boolean {
    return isDynamic(name, live, other) || this.#rules.mask(name) !== name
  }

  #path (): string {
    return 'body' + this.#way.map(step => step === null || this.#isHidden(step) ? '/*' : `/${escapePointer(step.name)}`).join('')
  }
}

function counts (names: readonly string[]): Map<string, number> {
  const found = new Map<string, number>()
  for (const name of names) found.set(name, (found.get(name) ?? 0) + 1)
  return found
}
