import { ConfigError } from './config-error.ts'
import type { Exchange } from './exchange.ts'

/** A text with `{variable}` places, made ready: a constant costs nothing per request. */
export type Template = (x: Exchange) => string

/**
 * Compiles a value in which `{id}` stands for a captured variable (as on the wire, percent-encoded; '' where none was
 * captured). Doubled braces stand for themselves: `{{` and `}}`. ConfigError at `pointer` where a brace has no partner.
 */
export function template (text: string, pointer: string): Template {
  const parts = split(text, pointer)
  if (parts.every(part => typeof part === 'string')) {
    const constant = parts.join('')
    return () => constant
  }
  return x => {
    let out = ''
    for (const part of parts) out += typeof part === 'string' ? part : captured(x, part.variable)
    return out
  }
}

/** Not every room is compiled by TypeScript: what was captured need not be text. */
function captured ({ params }: Exchange, variable: string): string {
  const value: unknown = params[variable]
  return typeof value === 'string' ? value : ''
}

/** The variables a template mentions. */
export function variables (text: string): string[] {
  return split(text, '').flatMap(part => typeof part === 'string' ? [] : [part.variable])
}

function split (text: string, pointer: string): (string | { variable: string })[] {
  const parts: (string | { variable: string })[] = []
  const token = /\{\{|\}\}|\{([A-Za-z_][A-Za-z0-9_-]*)\}|[{}]/g
  let literal = ''
  let end = 0
  for (const found of text.matchAll(token)) {
    literal += text.slice(end, found.index)
    end = found.index + found[0].length
    if (found[1] !== undefined) {
      parts.push(literal, { variable: found[1] })
      literal = ''
    } else if (found[0].length === 2) literal += found[0][0]
    else throw new ConfigError('GW_CONFIG_INVALID', pointer, `a single ${found[0]} at character ${found.index + 1}: write {name} for a variable, ${found[0].repeat(2)} for the character`)
  }
  parts.push(literal + text.slice(end))
  return parts.filter(part => part !== '')
}
