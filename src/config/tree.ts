import { escapePointer } from '../contract/validate.ts'

/** Where something stands in the text of its file, in UTF-16 units; `end` is not part of it. */
export interface Span { readonly start: number, readonly end: number }

export type Scalar = string | number | boolean | null

/** A document with the place of each part. An alias is the very node it stands for, so a tree may share parts. */
export type Tree = Leaf | List | Branch

export interface Leaf {
  readonly kind: 'leaf'
  readonly span: Span
  /** With references resolved. */
  value: Scalar
  /** As it stands in the file, in the notation of native files. */
  written: Scalar
  /** Not quoted: what its references become has a YAML type of its own. */
  readonly plain: boolean
  note?: string
}
export interface List { readonly kind: 'list', readonly span: Span, readonly items: readonly Tree[], note?: string }
export interface Entry { readonly key: Span, readonly value: Tree }
export interface Branch { readonly kind: 'map', readonly span: Span, readonly entries: ReadonlyMap<string, Entry>, note?: string }

/** A scalar that something else in the file stands for, or that was left out of it. */
export const leaf = (value: Scalar, span: Span, written: Scalar = value): Leaf => ({ kind: 'leaf', span, value, written, plain: false })

export const list = (items: readonly Tree[], span: Span): List => ({ kind: 'list', span, items })

/** A map of the parts that are there; `key` of each is where its value stands. */
export const branch = (parts: Readonly<Record<string, Tree | undefined>>, span: Span): Branch => {
  const present = Object.entries(parts).filter((part): part is [string, Tree] => part[1] !== undefined)
  return { kind: 'map', span, entries: new Map(present.map(([name, value]) => [name, { key: value.span, value }])) }
}

/** The plain value of a tree: with references resolved, or as `written`. What a tree shares, the value shares. */
export function toValue (tree: Tree, of: 'value' | 'written' = 'value', seen: Map<Tree, unknown> = new Map()): unknown {
  if (tree.kind === 'leaf') return tree[of]
  const known = seen.get(tree)
  if (known !== undefined) return known
  const value = tree.kind === 'list'
    ? tree.items.map(item => toValue(item, of, seen))
    : Object.fromEntries([...tree.entries].map(([key, entry]) => [key, toValue(entry.value, of, seen)]))
  seen.set(tree, value)
  return value
}

/** The text of a scalar; '' for what is none. */
export const textOf = (tree: Tree | undefined, of: 'value' | 'written' = 'value'): string => tree?.kind === 'leaf' ? String(tree[of]) : ''

/** The part under a key of a map. */
export const child = (tree: Tree | undefined, key: string): Tree | undefined =>
  tree?.kind === 'map' ? tree.entries.get(key)?.value : undefined

/** The items of a list; none where there is none. */
export const items = (tree: Tree | undefined): readonly Tree[] => tree?.kind === 'list' ? tree.items : []

/** Calls back for every scalar of a tree once, however often it is shared, with the first pointer that leads to it. */
export function eachLeaf (tree: Tree, visit: (leaf: Leaf, pointer: string) => void, pointer = '', seen = new Set<Tree>()): void {
  if (seen.has(tree)) return
  seen.add(tree)
  if (tree.kind === 'leaf') visit(tree, pointer)
  else if (tree.kind === 'list') tree.items.forEach((item, i) => { eachLeaf(item, visit, `${pointer}/${i}`, seen) })
  else for (const [key, entry] of tree.entries) eachLeaf(entry.value, visit, `${pointer}/${escapePointer(key)}`, seen)
}
