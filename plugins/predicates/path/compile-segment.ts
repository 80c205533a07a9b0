import { pattern } from '../../../src/contract/index.ts'
import { decoded } from './literal-text.ts'
import type { Piece } from './parse-pattern.ts'

/** One segment of a pattern, ready. */
export interface Segment {
  /** The canonical text it must be; null where it is anything else than that. */
  readonly literal: string | null
  /** Whether it fits every segment that is not empty. */
  readonly any: boolean
  /** Whether it fits a segment that is not empty. What it captures goes into `captured`, as it stands in the path. */
  fits(segment: string, captured: Record<string, string>): boolean
}

const CHARACTER = /%F.(?:%..){3}|%E.(?:%..){2}|%[CD].%..|%..|[^%]/g

/** Makes the matcher of one segment. Only those that mix text with wildcards or have a regular expression need one. */
export function compileSegment (pieces: readonly Piece[], caseSensitive: boolean, pointer: string): Segment {
  const [first] = pieces as readonly [Piece, ...Piece[]]
  if (pieces.length > 1 || first.kind === 'one') return compileMixed(pieces, caseSensitive, pointer)
  if (first.kind === 'many') return { literal: null, any: true, fits: () => true }
  if (first.kind === 'variable') return compileVariable(first.name, first.regex, caseSensitive, pointer)
  if (caseSensitive) return { literal: first.text, any: false, fits: segment => segment === first.text }
  const folded = fold(first.text)
  return { literal: null, any: false, fits: segment => fold(segment) === folded }
}

const fold = (segment: string) => decoded(segment).toLowerCase()

function compileVariable (name: string, regex: string | null, caseSensitive: boolean, pointer: string): Segment {
  const fits = regex === null ? null : pattern(flags(caseSensitive) + regex, pointer)
  return {
    literal: null,
    any: fits === null,
    fits: (segment, captured) => {
      if (fits !== null && !fits.matches(decoded(segment))) return false
      captured[name] = segment
      return true
    }
  }
}

/** The pieces become one regular expression over the decoded characters, with a group wherever the length is not known. */
function compileMixed (pieces: readonly Piece[], caseSensitive: boolean, pointer: string): Segment {
  const fits = pattern(flags(caseSensitive) + pieces.map((piece, i) => source(piece, i, pointer)).join(''), pointer)
  if (!pieces.some(piece => piece.kind === 'variable')) return { literal: null, any: false, fits: segment => fits.matches(decoded(segment)) }
  return {
    literal: null,
    any: false,
    fits: (segment, captured) => {
      const groups = fits.groups(decoded(segment))
      if (groups !== null) cut(segment, pieces, groups, captured)
      return groups !== null
    }
  }
}

function source (piece: Piece, i: number, pointer: string): string {
  switch (piece.kind) {
    case 'literal': return decoded(piece.text).replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
    case 'one': return '.'
    case 'many': return `(?P<g${i}>.*)`
    case 'variable': return `(?P<g${i}>${piece.regex === null ? '.*' : checked(piece.regex, pointer)})`
  }
}

/** Gives variables the characters they took as they stand in the path: the groups hold them decoded. */
function cut (segment: string, pieces: readonly Piece[], groups: Record<string, string>, captured: Record<string, string>): void {
  const characters = segment.match(CHARACTER)!
  let at = 0
  pieces.forEach((piece, i) => {
    const end = at + width(piece, groups[`g${i}`])
    if (piece.kind === 'variable') captured[piece.name] = characters.slice(at, end).join('')
    at = end
  })
}

const width = (piece: Piece, group = ''): number => piece.kind === 'one' ? 1 : [...piece.kind === 'literal' ? decoded(piece.text) : group].length

const flags = (caseSensitive: boolean) => caseSensitive ? '' : '(?i)'

/** A regular expression must be one by itself, so that none reaches into its neighbours. */
const checked = (regex: string, pointer: string) => pattern(regex, pointer).source
