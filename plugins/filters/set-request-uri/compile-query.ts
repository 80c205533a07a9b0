import { ConfigError, template, type Template } from '../../../src/contract/index.ts'

/** A broken escape, or a character that could end a query value or mean something else in it (RFC 3986 2.3, 3.4). */
const UNSAFE = /%(?![0-9A-Fa-f]{2})|[^\w\-.~%]/gu

/** Compiles a query with variables: what is written stays as it is, what a variable holds is one value. ConfigError at `pointer`. */
export function compileQuery (text: string, pointer: string): Template {
  if (text.includes('{{') || text.includes('}}')) throw new ConfigError('GW_CONFIG_INVALID', pointer, 'a brace in a query is written %7B or %7D')
  template(text, pointer)
  const pieces = text.split(/\{([^}]*)\}/)
  if (pieces.length === 1) return () => text
  return x => pieces.map((piece, i) => i % 2 === 0 ? piece : (x.params[piece] ?? '').replace(UNSAFE, encodeURIComponent)).join('')
}
