import type { RE2JS } from 're2js'
import { ConfigError } from './config-error.ts'
import { GatewayError } from './errors.ts'
import { compilePattern } from './pattern.ts'

/** A compiled replacement of all that fits a pattern. */
export type Rewrite = (text: string) => string

type Part = string | number

const TOKEN = /\$\{([^}]*)\}|\$(\d+)|\\([^])|[$\\]/g
/** Characters looked at for one text; each match begins the search anew, so that many matches in a long text would cost its square. */
const MAX_SCANNED = 65_536

/** Where a room has the two texts in its config. */
export interface RewritePlaces { readonly regexp: string, readonly replacement: string }

/**
 * Compiles a pattern (RE2 syntax) and what takes the place of every part that fits, in Java's notation as Spring has it: `$1` and
 * `${name}` are groups, `$0` is all of it, `\$` is the character; Spring's `$\` is `$`. Throws ConfigError for a group
 * that the pattern has not. The rewrite throws GatewayError where a text fits so often that it would take too long.
 */
export function rewrite (regexp: string, replacement: string, places: RewritePlaces = { regexp: '/regexp', replacement: '/replacement' }): Rewrite {
  const compiled = compilePattern(regexp, places.regexp)
  const parts = parse(replacement, compiled, places.replacement)
  return text => {
    const matcher = compiled.matcher(text)
    let out = ''
    let end = 0
    let scanned = 0
    while (matcher.find()) {
      const start = matcher.start()
      scanned += text.length - end
      if (scanned > MAX_SCANNED) throw new GatewayError('GW_FILTER_FAILED')
      out += text.slice(end, start)
      for (const part of parts) out += typeof part === 'string' ? part : matcher.group(part) ?? ''
      end = matcher.end()
    }
    return end === 0 && out === '' ? text : out + text.slice(end)
  }
}

function parse (written: string, compiled: RE2JS, pointer: string): Part[] {
  const replacement = written.replaceAll('$\\', '$')
  const parts: Part[] = []
  let end = 0
  for (const found of replacement.matchAll(TOKEN)) {
    const [token, name, number, escaped] = found
    parts.push(replacement.slice(end, found.index))
    end = found.index + token.length
    if (name !== undefined) parts.push(named(name, compiled, pointer))
    else if (number !== undefined) parts.push(...numbered(number, compiled, pointer))
    else if (escaped !== undefined) parts.push(escaped)
    else throw new ConfigError('GW_CONFIG_INVALID', pointer, `a single ${token}: write $1 or $\\{name} for a group, \\${token} for the character`)
  }
  parts.push(replacement.slice(end))
  return parts.filter(part => part !== '')
}

function named (name: string, compiled: RE2JS, pointer: string): number {
  const groups = compiled.namedGroups()
  if (Object.hasOwn(groups, name)) return groups[name]!
  throw new ConfigError('GW_CONFIG_INVALID', pointer, `the pattern has no group named "${name}"; it has ${Object.keys(groups).join(', ') || 'no named groups'}`)
}

/** As in Java, as many digits are of the number as make one of a group: `$12` is group 1 and a 2 where there are but two. */
function numbered (digits: string, compiled: RE2JS, pointer: string): Part[] {
  const count = compiled.groupCount()
  let taken = 1
  while (taken < digits.length && Number(digits.slice(0, taken + 1)) <= count) taken++
  const number = Number(digits.slice(0, taken))
  if (number <= count) return [number, digits.slice(taken)]
  throw new ConfigError('GW_CONFIG_INVALID', pointer, `the pattern has no group ${number}; it has ${count}`)
}
