import { Document, Pair, Scalar, YAMLMap, YAMLSeq, type Node } from 'yaml'
import { hasReference } from './interpolate.ts'
import { toValue, type Branch, type Leaf, type List, type Tree } from './tree.ts'

const MAX_FLOW = 64

/** Comments before the top-level keys of a file, by key. */
export type Comments = Readonly<Record<string, string>>

/** Writes a tree as a native route file, with references as references and notes as comments. */
export function printNative (root: Branch, head: string, comments: Comments): string {
  const document = new Document()
  document.commentBefore = head
  const map = mapNode(root)
  for (const pair of map.items as Pair<Scalar, Node>[]) {
    const comment = comments[String(pair.key.value)]
    if (comment !== undefined) pair.key.commentBefore = comment
  }
  document.contents = map
  return document.toString({ lineWidth: 0, flowCollectionPadding: true })
}

/** What stands behind a key is on its line where it is short; the items of a list, and lists of uses, have lines of their own. */
function nodeOf (tree: Tree, key: string | null): Node {
  const node = tree.kind === 'leaf' ? scalarNode(tree) : tree.kind === 'list' ? seqNode(tree) : mapNode(tree)
  if (tree.kind !== 'leaf' && !(node instanceof Scalar)) node.flow = key !== null && !USES.includes(key) && isShort(tree)
  if (tree.note !== undefined) node.comment = ` ${tree.note}`
  return node
}

const USES = ['predicates', 'filters']

/** A reference is quoted where its value is text, and not where it is whatever YAML makes of it. */
function scalarNode (leaf: Leaf): Scalar {
  const node = new Scalar(leaf.written)
  if (hasReference(leaf)) node.type = leaf.plain ? Scalar.PLAIN : Scalar.QUOTE_DOUBLE
  return node
}

function seqNode (list: List): YAMLSeq {
  const node = new YAMLSeq()
  node.items = list.items.map(item => nodeOf(item, null))
  return node
}

function mapNode ({ entries }: Branch): YAMLMap<Scalar, Node> {
  const node = new YAMLMap<Scalar, Node>()
  node.items = [...entries].map(([key, entry]) => new Pair(new Scalar(key), nodeOf(entry.value, key)))
  return node
}

/** Scalars that fit on one line, none of which needs the room that a block gives: an unquoted reference, a comment. */
function isShort (tree: List | Branch): boolean {
  const parts = tree.kind === 'list' ? tree.items : [...tree.entries.values()].map(entry => entry.value)
  const fits = (part: Tree): boolean => part.note === undefined && (part.kind === 'leaf' ? !(part.plain && hasReference(part)) : part.kind === 'list' && isShort(part))
  return parts.every(fits) && JSON.stringify(toValue(tree, 'written')).length <= MAX_FLOW
}
