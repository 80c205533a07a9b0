import { pattern } from '../../../src/contract/index.ts'

/** One piece of a label: text in lower case, `?`, `*`, or a variable with its regular expression. */
export type Piece =
  | { readonly kind: 'text', readonly text: string }
  | { readonly kind: 'one' }
  | { readonly kind: 'many' }
  | { readonly kind: 'variable', readonly name: string, readonly regex: string | null }

/** What stands between two dots, ready. */
export interface Label {
  /** The text it must be; null where it is anything else than that. */
  readonly text: string | null
  /** Whether it fits a label; what it captures goes into `captured`. */
  fits(label: string, captured: Record<string, string>): boolean
}

/** Makes the matcher of one label. Only those that mix text with wildcards or have a regular expression need one. */
export function compileLabel (pieces: readonly Piece[], pointer: string): Label {
  const [first] = pieces as readonly [Piece, ...Piece[]]
  if (pieces.length > 1 || first.kind === 'one') return compileMixed(pieces, pointer)
  switch (first.kind) {
    case 'text': return { text: first.text, fits: label => label === first.text }
    case 'many': return { text: null, fits: label => label !== '' }
    case 'variable': return first.regex === null ? compileVariable(first.name) : compileMixed(pieces, pointer)
  }
}

function compileVariable (name: string): Label {
  return {
    text: null,
    fits: (label, captured) => {
      captured[name] = label
      return label !== ''
    }
  }
}

function compileMixed (pieces: readonly Piece[], pointer: string): Label {
  const fits = pattern(`(?i)${pieces.map((piece, i) => source(piece, i, pointer)).join('')}`, pointer)
  const variables = pieces.flatMap((piece, i) => piece.kind === 'variable' ? [{ name: piece.name, group: `g${i}` }] : [])
  if (variables.length === 0) return { text: null, fits: label => fits.matches(label) }
  return {
    text: null,
    fits: (label, captured) => {
      const groups = fits.groups(label)
      if (groups === null || label === '') return false
      for (const { name, group } of variables) captured[name] = groups[group]!
      return true
    }
  }
}

/** A regular expression must be one by itself, so that none reaches into its neighbours. */
function source (piece: Piece, i: number, pointer: string): string {
  switch (piece.kind) {
    case 'text': return piece.text
    case 'one': return '.'
    case 'many': return '.*'
    case 'variable': return `(?P<g${i}>${piece.regex === null ? '.*' : pattern(piece.regex, pointer).source})`
  }
}
