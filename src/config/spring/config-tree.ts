import { isRecord } from '../../contract/is-record.ts'
import type { Arguments } from './arguments.ts'
import type { SpringRoom } from './spring-room.ts'
import { branch, list, type Leaf, type Scalar, type Span, type Tree } from '../tree.ts'

/** Spring's arguments as config, with references resolved and as written (null where that cannot be told). */
export interface BothConfigs { readonly value: unknown, readonly written: unknown }

/** Types whose values are written without quotes, so that a reference becomes one of them. */
const UNQUOTED = ['integer', 'number', 'boolean']

interface Making { readonly references: string, readonly span: Span, readonly unquoted: boolean }

/** The part of a native file that a config is, each key where its argument of the same name stands. */
export function configTree ({ value, written }: BothConfigs, room: SpringRoom, args: Arguments, span: Span): Tree {
  const references = Object.values(args.written).flat().join('\n')
  if (!isRecord(value)) return treeOf(value, written, { references, span, unquoted: false }) ?? branch({}, span)
  const entries = Object.entries(value).map(([key, inner]) => {
    const schema: KeySchema = room.config.properties[key] ?? {}
    const making = { references, span: args.spans[key] ?? span, unquoted: UNQUOTED.includes(schema.type ?? '') }
    return [key, shortest(treeOf(inner, writtenOf(key, inner, written, args), making), schema)] as const
  })
  return branch(Object.fromEntries(entries), span)
}

interface KeySchema { readonly type?: string, readonly 'x-scalar'?: boolean }

/** What the conversion made of the reference; the reference itself where the conversion leaves its value as it is. */
function writtenOf (key: string, value: unknown, written: unknown, args: Arguments): unknown {
  const own = args.written[key]
  if (typeof own === 'string' && own.includes('${') && typeof value !== 'object' && String(value) === args.values[key]) return own
  return isRecord(written) ? written[key] : null
}

/** A list of one scalar is that scalar where the schema says so. */
function shortest (tree: Tree | undefined, schema: KeySchema): Tree | undefined {
  const [only, ...others] = tree?.kind === 'list' ? tree.items : []
  return schema['x-scalar'] && only?.kind === 'leaf' && others.length === 0 ? only : tree
}

function treeOf (value: unknown, written: unknown, making: Making): Tree | undefined {
  if (value === undefined || value === null) return undefined
  if (Array.isArray(value)) {
    const texts: readonly unknown[] = Array.isArray(written) && written.length === value.length ? written : []
    return list(value.flatMap((item, i) => treeOf(item, texts[i], making) ?? []), making.span)
  }
  if (!isRecord(value)) return scalarOf(value as Scalar, written, making)
  return branch(Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, treeOf(inner, isRecord(written) ? written[key] : null, making)])), making.span)
}

/** Where the conversion has changed a reference itself, or needed its value, only the value is left to write. */
function scalarOf (value: Scalar, written: unknown, { references, span, unquoted }: Making): Leaf {
  const found: readonly string[] = typeof written === 'string' ? written.match(/\$\{[^}]*\}/g) ?? [] : []
  const isKept = found.length > 0 && found.every(reference => references.includes(reference))
  const plain = unquoted || typeof value !== 'string'
  if (isKept) return { kind: 'leaf', span, value, written: written as string, plain }
  const made: Leaf = { kind: 'leaf', span, value, written: value, plain }
  if (!Object.is(value, written) && references.includes('${')) made.note = 'the value a reference had when this was imported'
  return made
}
