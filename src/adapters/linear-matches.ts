import { pattern, type Pattern } from '../contract/pattern.ts'

const KEPT = 256
/** One that a macro takes out of a request (`request.headers.exists(h, path.matches(h))`) must not be a program. */
const MAX_LENGTH = 1024
const patterns = new Map<string, Pattern>()

/** CEL's `matches`: a search, in RE2 syntax (CEL specification, Standard Definitions). Throws where `source` is no pattern. */
export function linearMatches (text: string, source: string): boolean {
  return compiled(source).finds(text)
}

/** Patterns are those of the route file; over many reloads the oldest make room. */
function compiled (source: string): Pattern {
  const known = patterns.get(source)
  if (known) return known
  if (source.length > MAX_LENGTH) throw new RangeError('too long for a pattern')
  const made = pattern(source, '')
  if (patterns.size === KEPT) patterns.delete(patterns.keys().next().value!)
  patterns.set(source, made)
  return made
}
