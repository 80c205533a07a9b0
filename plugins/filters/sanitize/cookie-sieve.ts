import type { HeaderList } from '../../../src/contract/index.ts'
import { laxName, type NameList } from './name-list.ts'

/** Takes cookies that may not pass out of the Cookie lines; says whether there were any. The bytes of the others stay. */
export function sieveCookies (headers: HeaderList, passes: NameList): boolean {
  return mapCookieLines(headers, line => {
    const sent = line.split(';')
    const kept = sent.filter(piece => piece.trim() === '' || readings(piece).every(passes))
    return kept.length === sent.length ? line : kept.join(';').trim()
  })
}

/** Rewrites the values of one cookie; says whether any changed. `name` by `laxName`. */
export function rewriteCookies (headers: HeaderList, name: string, rewrite: (value: string) => string): boolean {
  return mapCookieLines(headers, line => line.split(';').map(piece => {
    const at = piece.indexOf('=')
    if (at < 0 || !readings(piece).some(reading => laxName(reading) === name)) return piece
    const value = piece.slice(at + 1).trim()
    const better = rewrite(value)
    return better === value ? piece : `${piece.slice(0, at + 1)}${better}`
  }).join(';'))
}

const SEPARATOR = /[,\s]/

/**
 * Every name that a piece between semicolons may have: the one of RFC 6265 5.4, and those of servers that end a cookie at a comma or at white space too
 * (RFC 2109 4.2.2, Python).
 */
function readings (piece: string): string[] {
  const plain = piece.trim()
  const names = [plain.split('=', 1)[0]!.trim()]
  if (!SEPARATOR.test(plain)) return names
  const words = piece.split(/[,\s]+/)
  words.forEach((word, i) => {
    const at = word.indexOf('=')
    if (at > 0) names.push(word.slice(0, at))
    else if (at === 0 && i > 0) names.push(words[i - 1]!)
  })
  return names.filter((name, i) => i === 0 || name !== '')
}

/** Puts what `change` makes of each Cookie line in its place, and takes away those of which nothing is left. */
function mapCookieLines ({ flat }: HeaderList, change: (line: string) => string): boolean {
  let kept = 0
  let changed = false
  for (let i = 0; i < flat.length; i += 2) {
    const name = flat[i]!
    const value = name === 'cookie' ? change(flat[i + 1]!) : flat[i + 1]!
    changed ||= value !== flat[i + 1]
    if (name === 'cookie' && value === '' && flat[i + 1] !== '') continue
    flat[kept] = name
    flat[kept + 1] = value
    kept += 2
  }
  flat.length = kept
  return changed
}
