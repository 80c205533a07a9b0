import { ConfigError, template, type Template } from '../../../src/contract/index.ts'

const PARTS = /^(https?:\/\/[^/?#]*)?([^?#]*)(?:\?([^#]*))?(?:#([^]*))?$/i
const ORIGIN = /^https?:\/\/(?:\[[0-9a-f:.]+\]|[a-z0-9.-]+)(?::\d{1,5})?$/i
/** RFC 3986 3.3, with braces for variables. */
const LITERAL = /^(?:[\w\-.~!$&'()*+,;=:@/?{}]|%[0-9A-Fa-f]{2})*$/
/** A broken escape, or a character that could end a query value or mean something else in it (RFC 3986 2.3, 3.4). */
const UNSAFE = /%(?![0-9A-Fa-f]{2})|[^\w\-.~%]/gu

/**
 * Compiles a redirect target in which variables can change the path, a query value or the fragment, and never the host.
 * ConfigError at `pointer`.
 */
export function compileLocation (url: string, pointer: string, includeRequestParams: boolean): Template {
  const [, origin = '', path = '', query = '', fragment = ''] = PARTS.exec(url) ?? []
  const fault = originFault(origin, path) ?? textFault(path + query + fragment)
  if (fault !== null) throw new ConfigError('GW_CONFIG_INVALID', pointer, fault)
  const pathOf = template(path, pointer)
  const queryOf = compileValues(query, pointer)
  const fragmentOf = compileValues(fragment, pointer)
  return x => {
    const all = [queryOf(x), includeRequestParams ? x.query : ''].filter(text => text !== '').join('&')
    const place = fragmentOf(x)
    return `${origin}${singleSlash(pathOf(x))}${all === '' ? '' : `?${all}`}${place === '' ? '' : `#${place}`}`
  }
}

function originFault (origin: string, path: string): string | null {
  if (origin.includes('{')) return 'a variable in the host would let clients choose where others are sent'
  const isPlace = origin === '' ? /^\/(?!\/)/.test(path) : ORIGIN.test(origin)
  return isPlace ? null : 'expected https://host/path or /path'
}

function textFault (text: string): string | null {
  if (/\{\{|\}\}/.test(text)) return 'a brace in a URL is written %7B or %7D'
  return LITERAL.test(text) ? null : 'other characters must be percent-encoded'
}

/** `//evil.example` would be another host (RFC 3986 4.2): a variable that begins with a slash must not make one. */
const singleSlash = (path: string): string => path.startsWith('//') ? path.replace(/^\/+/, '/') : path

/** What is written stays as it is, what a variable holds is one value. */
function compileValues (text: string, pointer: string): Template {
  template(text, pointer)
  const pieces = text.split(/\{([^}]*)\}/)
  if (pieces.length === 1) return () => text
  return x => pieces.map((piece, i) => i % 2 === 0 ? piece : (x.params[piece] ?? '').replace(UNSAFE, encodeURIComponent)).join('')
}
