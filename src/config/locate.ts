import { ConfigError } from '../contract/config-error.ts'
import { looksSecret, type Redactor } from './redactor.ts'
import { follow, placeOf, type Reached, type Source } from './source.ts'
import { child, eachLeaf, items, type Span, type Tree } from './tree.ts'

const MAX_SHOWN = 60
const ABOUT_KEYS: readonly string[] = ['GW_CONFIG_UNKNOWN_KEY', 'GW_CONFIG_NO_EFFECT', 'GW_CONFIG_DUPLICATE']

/**
 * Gives a fault its `file:line:column`, the path as people read it (`routes/orders/filters/1`) and, where a value is not an
 * allowed one, that value as the file has it. A fault that has its place, or is in no known file, is left as it is.
 */
export function locate (error: ConfigError, sources: readonly Source[], secrets: Redactor): ConfigError {
  const source = sources.find(({ file }) => file === error.file)
  if (!source || error.place !== '') return error
  const reached = follow(source.root, error.pointer)
  const detail = secrets.redact(asWritten(error.detail, reached.node) + instead(error, reached, source))
  const path = secrets.redact(pathOf(source.root, reached.tokens))
  return new ConfigError(error.code, error.pointer, detail, error.file, placeOf(source, spanFor(error, reached)), path)
}

function spanFor ({ code }: ConfigError, { node, key, exact }: Reached): Span {
  const isEmpty = node.span.start === node.span.end
  return key && exact && (isEmpty || ABOUT_KEYS.includes(code)) ? key : node.span
}

/** Undoes references in a text that a room has written about its config. */
function asWritten (detail: string, node: Tree): string {
  let out = detail
  eachLeaf(node, ({ value, written }) => {
    if (value !== written && String(value).length > 3) out = out.replaceAll(String(value), () => String(written))
  })
  return out
}

function instead ({ code, detail }: ConfigError, { node, tokens, exact }: Reached, { text }: Source): string {
  const isAboutValue = code === 'GW_CONFIG_INVALID' && detail.startsWith('expected ')
  if (!exact || !isAboutValue || looksSecret(tokens.at(-1) ?? '')) return ''
  return `, not ${valueAsWritten(node, text)}`
}

/** A value as it stands in the file, in one short line. */
export function valueAsWritten ({ kind, span }: Pick<Tree, 'kind' | 'span'>, text: string): string {
  const raw = text.slice(span.start, span.end).replace(/\s+/g, ' ').trim()
  if (kind === 'map' && !raw.startsWith('{')) return 'a map'
  if (kind === 'list' && !raw.startsWith('[')) return 'a list'
  if (raw === '') return 'nothing'
  return raw.length > MAX_SHOWN ? `${raw.slice(0, MAX_SHOWN - 1)}…` : raw
}

/** A route by its id rather than by its place in the list; `#2` where it has none. */
function pathOf (root: Tree, tokens: readonly string[]): string {
  if (tokens[0] !== 'routes' || tokens.length < 2) return tokens.join('/')
  const id = child(items(child(root, 'routes'))[Number(tokens[1])], 'id')
  const isKnown = id?.kind === 'leaf' && typeof id.value === 'string' && id.value === id.written
  return ['routes', isKnown ? String(id.value) : `#${tokens[1]}`, ...tokens.slice(2)].join('/')
}
