import type { Entry, Span, Tree } from '../tree.ts'

/** A key as Spring compares it: `response-timeout`, `responseTimeout` and `response_timeout` are one (relaxed binding). */
export const canonical = (key: string): string => key.toLowerCase().replace(/[-_]/g, '')

/** Below these, keys are data and not properties, so a dot in one is a dot. */
const DATA = ['metadata', 'args', 'corsconfigurations']

/** Longer ones are no properties; the limit keeps the tree from growing deep. */
const MAX_NAMES = 16

/** Writes dotted keys out: `spring.cloud: { gateway.routes: [] }` is `spring: { cloud: { gateway: { routes: [] } } }`. */
export function unfold (tree: Tree, seen: Map<Tree, Tree> = new Map()): Tree {
  const known = seen.get(tree)
  if (known) return known
  const made = tree.kind === 'map'
    ? { ...tree, entries: unfoldKeys([...tree.entries], seen) }
    : tree.kind === 'list' ? { ...tree, items: tree.items.map(item => unfold(item, seen)) } : tree
  seen.set(tree, made)
  return made
}

/** Keys that begin with the same name are one section. */
function unfoldKeys (keys: readonly (readonly [string, Entry])[], seen: Map<Tree, Tree>): Map<string, Entry> {
  const groups = new Map<string, Group>()
  for (const [key, entry] of keys) {
    const [name, rest] = firstName(key)
    const group = groups.get(canonical(name)) ?? { name, at: entry.key, below: [], whole: [] }
    groups.set(canonical(name), group)
    if (rest !== '') group.below.push([rest, entry])
    else if (entry.value.kind === 'map' && !DATA.includes(canonical(name))) group.below.push(...entry.value.entries)
    else group.whole.push(entry)
  }
  return new Map([...groups.values()].flatMap(group => sectionsOf(group, seen)))
}

/** What stands under one name: keys of the section, and values that are none. */
interface Group { readonly name: string, readonly at: Span, readonly below: [string, Entry][], readonly whole: Entry[] }

function sectionsOf ({ name, at, below, whole }: Group, seen: Map<Tree, Tree>): [string, Entry][] {
  const section: Entry[] = below.length > 0 ? [{ key: at, value: { kind: 'map', span: at, entries: unfoldKeys(below, seen) } }] : []
  const values = whole.map(({ key, value }) => ({ key, value: DATA.includes(canonical(name)) ? value : unfold(value, seen) }))
  // A name said twice keeps a place of its own, so that it is found among what nobody took.
  return [...section, ...values].map((entry, i) => [name + ' '.repeat(i), entry])
}

function firstName (key: string): [string, string] {
  const dot = key.startsWith('[') || key.split('.').length > MAX_NAMES ? -1 : key.indexOf('.')
  return dot < 0 ? [key, ''] : [key.slice(0, dot), key.slice(dot + 1)]
}

/** A property with the way to it, as a fault names it. */
export interface Property { readonly path: string, readonly key: Span, readonly value: Tree }

/** A section whose keys are taken one by one, so that what nobody took is known. */
export class Section {
  readonly path: string
  readonly #left: Map<string, Entry>

  constructor (node: Tree | undefined, path: string) {
    this.path = path
    this.#left = new Map(node?.kind === 'map' ? node.entries : [])
  }

  /** The property of this name in any of Spring's spellings. */
  take (name: string): Property | undefined {
    for (const [key, entry] of this.#left) {
      if (canonical(key) !== canonical(name)) continue
      this.#left.delete(key)
      return { path: this.#pathOf(key), key: entry.key, value: entry.value }
    }
    return undefined
  }

  /** The section below, to be taken from in turn; empty where there is none. */
  section (name: string): Section {
    const property = this.take(name)
    return new Section(property?.value, property?.path ?? this.#pathOf(name))
  }

  /** What nobody took. */
  left (): Property[] {
    return [...this.#left].map(([key, entry]) => ({ path: this.#pathOf(key), key: entry.key, value: entry.value }))
  }

  #pathOf (key: string): string {
    return [this.path, key.trim()].filter(Boolean).join('.')
  }
}
