import { pattern } from '../../../../src/contract/index.ts'

/**
 * A name in which `*` stands for one or more characters of one part and `**` for one or more of any: `spiffe://example.org/*`.
 * Parts end at `separator`, so that a star lets in no other domain than the one it is written before. A comma behind a backslash
 * (RFC 4514 2.4) ends nothing: in `CN=a\,O=b` all of it is a name that its holder may have chosen.
 */
export function nameGlob (glob: string, separator: string, pointer: string): (name: string) => boolean {
  const source = glob.split(/(\*\*|\*)/).map(piece => PIECES[piece] ?? piece.replace(/[\\^$.|?+()[\]{}]/g, '\\$&')).join('')
  const compiled = pattern(source.replaceAll(PART, separator === ',' ? '(?:[^,\\\\]|\\\\.)+' : `[^${separator}]+`), pointer)
  return name => compiled.matches(name)
}

/** No name holds a NUL, so that none is taken for it. */
const PART = '\0'
const PIECES: Readonly<Record<string, string>> = { '*': PART, '**': '.+' }
