import { RE2JS } from 're2js'
import { ConfigError } from './config-error.ts'

/** A regular expression that takes time linear in its input, whatever the pattern (RE2; Cox, "Regular Expression Matching Can Be Simple And Fast", 2007). */
export interface Pattern {
  readonly source: string
  /** The whole text fits. */
  matches(text: string): boolean
  /** Some part of the text fits. */
  finds(text: string): boolean
  /** The named groups where the whole text fits, else null. A group that took no part is ''. */
  groups(text: string): Record<string, string> | null
}

/** Compiles a pattern in RE2 syntax; ConfigError at `pointer` where it is not one. */
export function pattern (source: string, pointer: string): Pattern {
  const compiled = compilePattern(source, pointer)
  const names = Object.keys(compiled.namedGroups())
  return {
    source,
    matches: text => compiled.testExact(text),
    finds: text => compiled.test(text),
    groups: text => {
      const matcher = compiled.matcher(text)
      if (!matcher.matches()) return null
      // Without a prototype, so that a group may have any name
      const found: Record<string, string> = Object.create(null)
      for (const name of names) found[name] = matcher.group(name) ?? ''
      return found
    }
  }
}

/** The compiled expression itself, for the contract's own use. ConfigError at `pointer`. */
export function compilePattern (source: string, pointer: string): RE2JS {
  try {
    return RE2JS.compile(source)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new ConfigError('GW_CONFIG_INVALID', pointer,
      `not a regular expression in RE2 syntax (no look-around, no back-references): ${reason}`)
  }
}
