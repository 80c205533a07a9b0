import { isAlias, isMap, isScalar, isSeq, type Alias, type Document, type Node, type Pair, type Scalar, type YAMLMap, type YAMLSeq } from 'yaml'
import type { Branch, Entry, Leaf, Span, Tree } from './tree.ts'

/** Who is told of mistakes, and how a place is named. */
export interface Complaints {
  fault (code: 'GW_CONFIG_SYNTAX' | 'GW_CONFIG_DUPLICATE', start: number, detail: string): void
  place (start: number): string
}

const MAX_DEPTH = 100
/** Nodes that aliases may add to what is written, so that a few lines cannot stand for billions ("billion laughs"). */
const MAX_ALIASED = 100_000

/** Thrown through the recursion once nothing after it can be trusted; `buildTree` catches it. */
class Hopeless extends Error {}

interface Building extends Complaints {
  readonly anchors: Map<string, Tree>
  /** Nodes a tree stands for, with aliases followed. */
  readonly sizes: Map<Tree, number>
  aliased: number
}

/** Turns a parsed document into a tree: aliases and merge keys followed within bounds. Null, and faults, where that cannot be. */
export function buildTree ({ contents }: Document.Parsed, complaints: Complaints): Tree | null {
  try {
    return contents && build(contents, { ...complaints, anchors: new Map(), sizes: new Map(), aliased: 0 }, 0)
  } catch (error) {
    if (error instanceof Hopeless) return null
    throw error
  }
}

function build (node: Node, building: Building, depth: number): Tree {
  if (depth > MAX_DEPTH) hopeless(building, node, 'nested too deeply')
  if (isAlias(node)) return aliased(node, building)
  const tree = isMap(node) ? map(node, building, depth) : isSeq(node) ? seq(node, building, depth) : scalar(node as Scalar)
  building.sizes.set(tree, sizeOf(tree, building))
  if ('anchor' in node && typeof node.anchor === 'string') building.anchors.set(node.anchor, tree)
  return tree
}

function aliased (node: Alias, building: Building): Tree {
  const tree = building.anchors.get(node.source)
  if (!tree) hopeless(building, node, `no anchor &${node.source} before this`)
  building.aliased += building.sizes.get(tree) ?? 1
  if (building.aliased > MAX_ALIASED) hopeless(building, node, 'aliases stand for too much')
  return tree
}

function sizeOf (tree: Tree, { sizes }: Building): number {
  if (tree.kind === 'leaf') return 1
  const parts = tree.kind === 'list' ? tree.items : [...tree.entries.values()].map(entry => entry.value)
  return parts.reduce((sum, part) => sum + (sizes.get(part) ?? 1), 1)
}

function scalar (node: Scalar): Leaf {
  const value = node.value as Leaf['value']
  return { kind: 'leaf', span: spanOf(node), value, written: value, plain: node.type === 'PLAIN' }
}

function seq (node: YAMLSeq, building: Building, depth: number): Tree {
  return { kind: 'list', span: spanOf(node), items: node.items.map(item => build(item as Node, building, depth + 1)) }
}

function map (node: YAMLMap, building: Building, depth: number): Branch {
  const entries = new Map<string, Entry>()
  const merged: Tree[] = []
  for (const pair of node.items as Pair<Node, Node | null>[]) {
    const key = keyOf(pair.key, building)
    const value = pair.value === null ? empty(spanOf(pair.key)) : build(pair.value, building, depth + 1)
    const earlier = entries.get(key)
    if (key === '<<' && isScalar(pair.key) && pair.key.type === 'PLAIN') merged.push(value)
    else if (earlier) building.fault('GW_CONFIG_DUPLICATE', spanOf(pair.key).start, `the key "${key}" is here and at ${building.place(earlier.key.start)}`)
    else entries.set(key, { key: spanOf(pair.key), value })
  }
  for (const source of merged.flatMap(value => value.kind === 'list' ? value.items : [value])) merge(entries, source, node, building)
  return { kind: 'map', span: spanOf(node), entries }
}

/** Keys of the map itself come before merged ones, earlier merged ones before later (https://yaml.org/type/merge.html). */
function merge (entries: Map<string, Entry>, source: Tree, node: Node, building: Building): void {
  if (source.kind !== 'map') hopeless(building, node, 'only a map, or a list of maps, can be merged with <<')
  for (const [key, entry] of source.entries) if (!entries.has(key)) entries.set(key, entry)
}

function keyOf (key: Node, building: Building): string {
  if (isAlias(key)) {
    const tree = aliased(key, building)
    if (tree.kind === 'leaf') return String(tree.value)
  }
  if (!isScalar(key)) return hopeless(building, key, 'a key must be a scalar')
  if (key.anchor) building.anchors.set(key.anchor, scalar(key))
  return typeof key.value === 'string' ? key.value : key.source ?? String(key.value)
}

const empty = ({ end }: Span): Leaf => ({ kind: 'leaf', span: { start: end, end }, value: null, written: null, plain: true })

function spanOf ({ range }: Node): Span {
  return range ? { start: range[0], end: range[1] } : { start: 0, end: 0 }
}

function hopeless (building: Building, node: Node, detail: string): never {
  building.fault('GW_CONFIG_SYNTAX', spanOf(node).start, detail)
  throw new Hopeless(detail)
}
