import type { LineCounter } from 'yaml'
import type { Branch, Span, Tree } from './tree.ts'

/** One file of the configuration, parsed. */
export interface Source {
  /** As the operator named it. */
  readonly file: string
  /** Absolute. */
  readonly path: string
  readonly text: string
  readonly lines: LineCounter
  /** Its documents as one, in the form of a native route file whatever the file's own form is. */
  root: Branch
  /** Written for Spring Cloud Gateway. */
  readonly spring: boolean
}

/** `file:line:column` of a part. */
export function placeOf ({ file, lines }: Pick<Source, 'file' | 'lines'>, { start }: Span): string {
  const { line, col } = lines.linePos(start)
  return `${file}:${line}:${col}`
}

/** What a pointer leads to. `tokens` may be fewer than the pointer's: a scalar that stands for a list or a map ends the way. */
export interface Reached { readonly node: Tree, readonly key: Span | null, readonly tokens: readonly string[], readonly exact: boolean }

/** Follows a JSON pointer (RFC 6901) as far as the file goes. */
export function follow (root: Tree, pointer: string): Reached {
  const tokens = pointer.split('/').slice(1).map(token => token.replaceAll('~1', '/').replaceAll('~0', '~'))
  let node = root
  let key: Span | null = null
  for (const [i, token] of tokens.entries()) {
    if (node.kind === 'leaf') return { node, key, tokens: tokens.slice(0, i), exact: true }
    const entry = node.kind === 'map' ? node.entries.get(token) : undefined
    const next = node.kind === 'list' ? node.items[Number(token)] : entry?.value
    if (next === undefined) return { node, key, tokens, exact: false }
    key = entry?.key ?? null
    node = next
  }
  return { node, key, tokens, exact: true }
}
