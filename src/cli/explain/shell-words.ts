import { UsageError } from '../../contract/usage-error.ts'

/** Escapes inside `$'...'` that stand for something else (POSIX.1-2024 2.2.4); browsers copy requests in this form. */
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', a: '\x07', b: '\b', e: '\x1b', f: '\f', v: '\v' }
const QUOTED = /\\(?:u([0-9a-fA-F]{1,4})|x([0-9a-fA-F]{1,2})|([0-7]{1,3})|([^]))/g

/** One piece of a word: quoted in one way or another, an escaped character, or plain text. */
const PIECE = /(?<space>\s+)|\$'(?<dollar>(?:[^'\\]|\\[^])*)'|'(?<single>[^']*)'|"(?<double>(?:[^"\\]|\\[^])*)"|\\(?<escaped>[^])|(?<plain>[^\s'"\\$]+|\$(?!'))/gy

/** Splits a command line into words as a POSIX shell does, without expanding anything. Throws UsageError where a quote has no end. */
export function shellWords (text: string): string[] {
  const words: string[] = []
  let word: string | null = null
  let end = 0
  for (const found of text.matchAll(PIECE)) {
    end += found[0].length
    if (found.groups!['space'] !== undefined) {
      if (word !== null) words.push(word)
      word = null
    } else if (found[0] !== '\\\n') word = (word ?? '') + meaning(found.groups!)
  }
  if (end < text.length) throw new UsageError(`a quote that never ends: ${text.slice(end, end + 40)}`)
  return word === null ? words : [...words, word]
}

/** What a piece stands for. */
function meaning ({ dollar, double, single, escaped, plain }: Readonly<Record<string, string | undefined>>): string {
  if (dollar !== undefined) return unquote(dollar)
  return double === undefined ? single ?? escaped ?? plain! : unescape(double)
}

/** In double quotes a backslash is only one before these. */
const unescape = (text: string): string => text.replace(/\\([$`"\\\n])/g, (_whole, character: string) => character === '\n' ? '' : character)

const unquote = (text: string): string => text.replace(QUOTED, (_whole, wide: string | undefined, hex: string | undefined, octal: string | undefined, other: string) => {
  const code = wide ?? hex
  if (code !== undefined) return String.fromCharCode(parseInt(code, 16))
  return octal === undefined ? ESCAPES[other] ?? other : String.fromCharCode(parseInt(octal, 8))
})
