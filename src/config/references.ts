/** A text taken apart: literal pieces and references. */
export type Part = string | Reference

/** `${NAME}`, `${NAME:-fallback}` or `${file:/path}`. */
export interface Reference { readonly kind: 'variable' | 'file', readonly name: string, readonly fallback: readonly Part[] | null }

/** How references are written: `${NAME:-x}` and `$${` for a literal `${`; in Spring's files `${NAME:x}` and `\${`. */
export interface Notation { readonly escape: '$' | '\\', readonly separator: ':-' | ':', readonly files: boolean }

export const NATIVE: Notation = { escape: '$', separator: ':-', files: true }
export const SPRING: Notation = { escape: '\\', separator: ':', files: false }

/** Why a reference cannot be resolved. Never holds a value that one stands for. */
export class ReferenceFault extends Error {}

const MAX_NESTING = 8
const FILE = '$' + '{file:'

/** Takes a text apart. Throws ReferenceFault where a reference is not well formed. */
export function parseReferences (text: string, notation: Notation): Part[] {
  const reading = { text, at: 0 }
  return parts(reading, notation, 0)
}

interface Reading { readonly text: string, at: number }

/** Up to the end of the text, or inside a reference up to the brace that closes it. */
function parts (reading: Reading, notation: Notation, nesting: number): Part[] {
  if (nesting > MAX_NESTING) throw new ReferenceFault('references nested too deeply')
  const { text } = reading
  const found: Part[] = []
  let literal = ''
  let braces = 0
  while (reading.at < text.length) {
    const next = text[reading.at]!
    if (nesting > 0 && next === '}' && braces-- === 0) break
    if (next === '{') braces++
    if (text.startsWith(`${notation.escape}\${`, reading.at)) {
      literal += '${'
      braces++
      reading.at += 3
    } else if (text.startsWith('${', reading.at)) {
      found.push(literal, reference(reading, notation, nesting))
      literal = ''
    } else {
      literal += next
      reading.at++
    }
  }
  return [...found, literal].filter(part => part !== '')
}

function reference (reading: Reading, notation: Notation, nesting: number): Reference {
  const isFile = notation.files && reading.text.startsWith(FILE, reading.at)
  reading.at += isFile ? FILE.length : 2
  const name = nameAt(reading, isFile ? /[^}]*/y : /[^}:${]*/y)
  const fallback = isFile ? null : fallbackAt(reading, notation, nesting)
  if (name === '' || reading.text[reading.at] !== '}') throw new ReferenceFault(malformed(notation))
  reading.at++
  return { kind: isFile ? 'file' : 'variable', name, fallback }
}

function nameAt (reading: Reading, name: RegExp): string {
  name.lastIndex = reading.at
  const [found = ''] = name.exec(reading.text) ?? []
  reading.at += found.length
  return found.trim()
}

function fallbackAt (reading: Reading, notation: Notation, nesting: number): Part[] | null {
  if (!reading.text.startsWith(notation.separator, reading.at)) return null
  reading.at += notation.separator.length
  return parts(reading, notation, nesting + 1)
}

const malformed = ({ escape, separator }: Notation) =>
  `not a reference: write \${NAME} or \${NAME${separator}default}, and ${escape}\${ for the characters \${ themselves`

/** Writes parts in the notation of native files. */
export function formatReferences (found: readonly Part[]): string {
  return found.map((part, i) => {
    if (typeof part === 'string') {
      if (part.endsWith('$') && typeof found[i + 1] === 'object') throw new ReferenceFault('a $ directly before a reference cannot be written in a native file')
      return part.replaceAll('${', () => '$${')
    }
    const fallback = part.fallback === null ? '' : `:-${formatReferences(part.fallback)}`
    return `\${${part.kind === 'file' ? 'file:' : ''}${part.name}${fallback}}`
  }).join('')
}
