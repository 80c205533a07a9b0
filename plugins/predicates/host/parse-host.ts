import { ConfigError } from '../../../src/contract/index.ts'
import { compileLabel, type Label, type Piece } from './compile-label.ts'

/** A host pattern taken apart. `null` among the labels is `**`; `port` null for any. */
export interface ParsedHost { readonly labels: readonly (Label | null)[], readonly port: number | null }

type Token = Piece | { readonly kind: 'dot' } | { readonly kind: 'any' }

const PORT = /^(.*?)(?::([0-9]{1,5}|\*))?$/s
const TOKEN = /\.|\?|\*+|\{([A-Za-z_][\w-]*)(?::((?:[^{}\\]|\\.|\{[^{}]*\})+))?\}|[\w-]+/sy

/** Takes a host pattern apart: Spring's Ant pattern over labels, or an IPv6 address in brackets. ConfigError at `pointer`. */
export function parseHost (source: string, pointer: string): ParsedHost {
  const [, host = '', digits = '*'] = PORT.exec(source)!
  const port = digits === '*' ? null : Number(digits)
  if (port !== null && (port === 0 || port > 65535)) throw invalid(pointer, 'a port is from 1 to 65535, or * for any')
  return { labels: host.startsWith('[') ? [address(host.toLowerCase(), pointer)] : labelsOf(tokensOf(host, pointer), pointer), port }
}

function address (text: string, pointer: string): Label {
  if (!URL.canParse(`http://${text}/`)) throw invalid(pointer, 'not an IPv6 address in brackets such as [2001:db8::1]')
  return compileLabel([{ kind: 'text', text }], pointer)
}

function tokensOf (host: string, pointer: string): Token[] {
  const tokens: Token[] = []
  for (let at = 0; at < host.length; at = TOKEN.lastIndex) {
    TOKEN.lastIndex = at
    const found = TOKEN.exec(host)
    if (!found) throw invalid(pointer, `no host name has what is at character ${at + 1}: letters, digits, "-", "_" and dots (a name beyond ASCII in its xn-- form), *, **, ?, {name} and {name:regex}`)
    tokens.push(found[1] === undefined ? plain(found[0], pointer) : { kind: 'variable', name: found[1], regex: found[2] ?? null })
  }
  return tokens
}

function plain (text: string, pointer: string): Token {
  if (text === '.') return { kind: 'dot' }
  if (text === '?') return { kind: 'one' }
  if (text === '*') return { kind: 'many' }
  if (text === '**') return { kind: 'any' }
  if (text.startsWith('*')) throw invalid(pointer, 'three stars: `*` is within one label, `**` is any number of labels')
  return { kind: 'text', text: text.toLowerCase() }
}

function labelsOf (tokens: readonly Token[], pointer: string): (Label | null)[] {
  const names = tokens.flatMap(token => token.kind === 'variable' ? [token.name] : [])
  const twice = names.find((name, i) => names.indexOf(name) !== i)
  if (twice !== undefined) throw invalid(pointer, `the variable {${twice}} is there twice`)
  const labels: Token[][] = [[]]
  for (const token of tokens) {
    if (token.kind === 'dot') labels.push([])
    else labels.at(-1)!.push(token)
  }
  return labels.map(label => labelOf(label, pointer))
}

function labelOf (tokens: readonly Token[], pointer: string): Label | null {
  if (tokens.length === 0) throw invalid(pointer, 'an empty label: no dot at the start or the end, nor two together')
  if (tokens.length === 1 && tokens[0]!.kind === 'any') return null
  const pieces = tokens.filter(token => token.kind !== 'any' && token.kind !== 'dot')
  if (pieces.length < tokens.length) throw invalid(pointer, '`**` stands alone between dots: `**.example.org`')
  return compileLabel(pieces, pointer)
}

const invalid = (pointer: string, why: string) => new ConfigError('GW_CONFIG_INVALID', pointer, why)
