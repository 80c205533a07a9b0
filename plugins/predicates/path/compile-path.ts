import { NO_PARAMS, type Params, type PathHint } from '../../../src/contract/index.ts'
import { compileSegment } from './compile-segment.ts'
import { fitSegments, type Block, type Element } from './fit-segments.ts'
import type { ParsedPattern, Piece } from './parse-pattern.ts'

/** A pattern ready to be asked. */
export interface PathMatcher {
  readonly hints: readonly PathHint[]
  /** Whether every path that fits a hint fits the pattern. */
  readonly complete: boolean
  /** What it captures of a canonical path; null where the path does not fit. */
  match(path: string): Params | null
}

export interface PathOptions { readonly caseSensitive: boolean, readonly trailingSlash: boolean }

type Match = PathMatcher['match']

/** Compiles a pattern to the cheapest matcher that does: a string compare, a prefix compare, or a walk over the segments. */
export function compilePath (parsed: ParsedPattern, options: PathOptions, pointer: string): PathMatcher {
  const blocks = blocksOf(parsed, options.caseSensitive, pointer)
  return { hints: hintsOf(blocks), complete: isComplete(blocks, parsed.slash, options.trailingSlash), match: matchOf(blocks, parsed.slash, options.trailingSlash) }
}

function blocksOf ({ segments, slash }: ParsedPattern, caseSensitive: boolean, pointer: string): Block[] {
  const blocks: { elements: Element[], rest: string | null }[] = [{ elements: [], rest: null }]
  segments.forEach((segment, i) => {
    if (segment.kind === 'rest') return blocks.push({ elements: [], rest: segment.name })
    // As in Spring, a `*` at the very end takes the nothing behind a last slash: `/a/*` takes `/a/`
    const takesEmpty = !slash && i === segments.length - 1 && isStar(segment.pieces)
    return blocks.at(-1)!.elements.push({ ...compileSegment(segment.pieces, caseSensitive, pointer), takesEmpty })
  })
  return blocks.map((block, i) => ({ ...block, first: i === 0, last: i === blocks.length - 1 }))
}

const isStar = (pieces: readonly Piece[]) => pieces.length === 1 && pieces[0]!.kind === 'many'

function matchOf (blocks: readonly Block[], slash: boolean, trailingSlash: boolean): Match {
  const [head, tail] = blocks as [Block, Block?]
  const text = head.elements.map(({ literal }) => `/${literal}`).join('')
  const isText = head.elements.every(({ literal }) => literal !== null)
  if (isText && tail === undefined) return equals(text, slash, trailingSlash)
  if (isText && tail?.last && tail.elements.length === 0) return startsWith(text, tail.rest)
  return walk(blocks, slash, trailingSlash)
}

function equals (text: string, slash: boolean, trailingSlash: boolean): Match {
  const slashed = `${text}/`
  const whole = slash ? slashed : text
  const other = trailingSlash ? slashed : whole
  return path => path === whole || path === other ? NO_PARAMS : null
}

function startsWith (text: string, rest: string | null): Match {
  return path => {
    if (!path.startsWith(text) || (path.length > text.length && path[text.length] !== '/')) return null
    if (rest === null) return NO_PARAMS
    const captured: Record<string, string> = Object.create(null)
    captured[rest] = path.slice(text.length)
    return captured
  }
}

function walk (blocks: readonly Block[], slash: boolean, trailingSlash: boolean): Match {
  const { elements, first } = blocks.at(-1)!
  const endsInRest = !first && elements.length === 0
  const withEmpty = endsInRest || elements.at(-1)?.takesEmpty === true
  const withoutEmpty = slash || (trailingSlash && !endsInRest)
  return path => {
    const segments = path.split('/')
    const end = segments.length - 1
    if (segments[end] !== '') return slash ? null : fitSegments(blocks, segments, end + 1)
    return (withoutEmpty ? fitSegments(blocks, segments, end) : null) ?? (withEmpty ? fitSegments(blocks, segments, end + 1) : null)
  }
}

/** Hints know text and any one segment, then nothing, a slash, or anything. */
function isComplete (blocks: readonly Block[], slash: boolean, trailingSlash: boolean): boolean {
  const [head, tail, ...more] = blocks as [Block, ...Block[]]
  if (!head.elements.every(({ literal, any }) => any ? literal === null : literal !== null && literal !== '*')) return false
  if (tail !== undefined) return more.length === 0 && tail.elements.length === 0
  const isRoot = head.elements.length === 0
  return isRoot || (!slash && trailingSlash && !head.elements.at(-1)!.takesEmpty)
}

/** The trie knows no slash at the end, so a last `*` that takes nothing is a path that ends one segment before. */
function hintsOf ([head, ...others]: readonly Block[]): PathHint[] {
  const segments = head!.elements.map(({ literal }) => literal ?? '*')
  const exact = others.length === 0
  const hint = { segments, exact }
  return exact && head!.elements.at(-1)?.takesEmpty ? [hint, { segments: segments.slice(0, -1), exact }] : [hint]
}
