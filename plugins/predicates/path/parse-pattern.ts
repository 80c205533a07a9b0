import { ConfigError } from '../../../src/contract/index.ts'
import { isDotSegment, literalText } from './literal-text.ts'

/** One piece of a segment: literal text (canonical), `?`, `*`, or a variable with its regular expression. */
export type Piece =
  | { readonly kind: 'literal', readonly text: string }
  | { readonly kind: 'one' }
  | { readonly kind: 'many' }
  | { readonly kind: 'variable', readonly name: string, readonly regex: string | null }

/** What stands between two slashes; `rest` is `**` or `{*name}`. */
export type ParsedSegment =
  | { readonly kind: 'rest', readonly name: string | null }
  | { readonly kind: 'pieces', readonly pieces: readonly Piece[] }

/** A path or pattern taken apart. `slash`: it ends in one. */
export interface ParsedPattern { readonly segments: readonly ParsedSegment[], readonly slash: boolean }

type Token = Piece | { readonly kind: 'rest', readonly name: string | null } | { readonly kind: 'slash' }

const TOKEN = /\/|\?|\*+|\{(\*?)([A-Za-z_][\w-]*)(?::((?:[^{}\\]|\\.|\{[^{}]*\})+))?\}|[^/?*{}]+/sy

/** Takes a path pattern that begins with a slash apart (Spring's PathPattern, `**` anywhere). ConfigError at `pointer` where it is none or can never match. */
export function parsePattern (text: string, pointer: string): ParsedPattern {
  const tokens = tokensOf(text, pointer)
  const names = tokens.flatMap(token => 'name' in token && token.name !== null ? [token.name] : [])
  const twice = names.find((name, i) => names.indexOf(name) !== i)
  if (twice !== undefined) throw invalid(pointer, `the variable {${twice}} is there twice`)
  return segmentsOf(tokens, pointer)
}

/** Takes a path without variables and wildcards apart: every character stands for itself. */
export function parsePath (text: string, pointer: string): ParsedPattern {
  if (/[{}]/.test(text)) throw invalid(pointer, 'no variables here: use `patterns`, or write %7B and %7D for braces')
  return segmentsOf(text.split(/(\/)/).filter(part => part !== '').map(part => literal(part, pointer)), pointer)
}

function tokensOf (text: string, pointer: string): Token[] {
  const tokens: Token[] = []
  for (let at = 0; at < text.length; at = TOKEN.lastIndex) {
    TOKEN.lastIndex = at
    const found = TOKEN.exec(text)
    if (!found) throw invalid(pointer, `no variable at character ${at + 1}: write {name}, {name:regex} or {*name}, and %7B and %7D for braces`)
    tokens.push(found[2] === undefined ? plain(found[0], pointer) : variable(found, pointer))
  }
  return tokens
}

function plain (text: string, pointer: string): Token {
  if (text === '?') return { kind: 'one' }
  if (text === '*') return { kind: 'many' }
  if (text === '**') return { kind: 'rest', name: null }
  if (text.startsWith('*')) throw invalid(pointer, 'three stars: `*` is within one segment, `**` is any number of segments')
  return literal(text, pointer)
}

const literal = (text: string, pointer: string): Token => text === '/' ? { kind: 'slash' } : { kind: 'literal', text: literalText(text, pointer) }

function variable ([, star, name = '', regex = null]: readonly (string | undefined | null)[], pointer: string): Token {
  if (star !== '*') return { kind: 'variable', name: name!, regex }
  if (regex !== null) throw invalid(pointer, `{*${name}} takes all segments that are left: it can have no regular expression`)
  return { kind: 'rest', name }
}

function segmentsOf (tokens: readonly Token[], pointer: string): ParsedPattern {
  const segments: Token[][] = []
  for (const token of tokens) {
    if (token.kind === 'slash') segments.push([])
    else segments.at(-1)!.push(token)
  }
  const slash = segments.at(-1)!.length === 0
  if (slash) segments.pop()
  const parsed = segments.map(segment => segmentOf(segment, pointer))
  if (slash && parsed.at(-1)?.kind === 'rest') throw invalid(pointer, '`**` takes the last slash too: leave it out')
  return { segments: parsed, slash }
}

function segmentOf (tokens: readonly Token[], pointer: string): ParsedSegment {
  const [first] = tokens
  if (first === undefined) throw invalid(pointer, 'an empty segment ("//"): paths have none when routes are looked up')
  if (first.kind === 'rest' && tokens.length === 1) return first
  const pieces = tokens.filter(token => token.kind !== 'rest' && token.kind !== 'slash')
  if (pieces.length < tokens.length) throw invalid(pointer, '`**` and `{*name}` stand alone between slashes')
  if (first.kind === 'literal' && tokens.length === 1 && isDotSegment(first.text)) throw invalid(pointer, 'a dot segment: paths have none when routes are looked up')
  return { kind: 'pieces', pieces }
}

const invalid = (pointer: string, why: string) => new ConfigError('GW_CONFIG_INVALID', pointer, why)
