import { ConfigError, pattern } from '../../../src/contract/index.ts'

const SCHEME = '[A-Za-z][A-Za-z0-9+.\\-]*://'
const ADDRESS = '\\[[0-9A-Fa-f:.]+\\]'
const PORT = '[0-9]{1,5}'

/** Schema of an origin as browsers write it (RFC 6454 6.2): scheme, host, port, nothing more. */
export const ORIGIN = `^(\\*|null|${SCHEME}([A-Za-z0-9_.\\-]+|${ADDRESS})(:${PORT})?)$`

/** The same with `*` in the host, and with any port or some. */
export const ORIGIN_PATTERN = `^(\\*|${SCHEME}([A-Za-z0-9_.*\\-]+|${ADDRESS})(:(${PORT}|\\*|\\[(\\*|${PORT}(,${PORT})*)\\]))?)$`

/** One or more names of a host. Nothing in it can be a slash, so a match ends where the host does. */
const NAMES = '[a-z0-9_-]+(?:\\.[a-z0-9_-]+)*'
const ANY_HOST = `(?:${NAMES}|${ADDRESS.toLowerCase()})`
const DEFAULT_PORT: Readonly<Record<string, string>> = { http: '80', https: '443' }

/** Whether a pattern says nothing about the host. */
export const isAnyHost = (source: string): boolean => source === '*' || /:\/\/\*(?::|$)/.test(source)

/** Origins compare in lower case and without the default port, which browsers leave out (RFC 6454 4). */
export const normalOrigin = (origin: string): string =>
  origin.toLowerCase().replace(/^(http:\/\/.*):80$|^(https:\/\/.*):443$/, '$1$2')

/** Says whether an origin is one of the list or fits one of the patterns; `*` is all. ConfigError at `/originPatterns/<index>`. */
export function originRule (origins: readonly string[], patterns: readonly string[]): (origin: string) => boolean {
  if (origins.includes('*') || patterns.includes('*')) return () => true
  const exact = new Set(origins.map(normalOrigin))
  const fitting = patterns.map((source, i) => compile(source.toLowerCase(), `/originPatterns/${i}`))
  return origin => exact.has(origin) || fitting.some(one => one.matches(origin))
}

function compile (source: string, pointer: string) {
  const [, scheme = '', host = '', port = ''] = /^([^:]+):\/\/(\[[^\]]*\]|[^:]+)(?::(.+))?$/.exec(source) ?? []
  return pattern(`${escaped(scheme)}://${hostSource(host, pointer)}${portSource(port, DEFAULT_PORT[scheme])}`, pointer)
}

function hostSource (host: string, pointer: string): string {
  if (host === '*') return ANY_HOST
  if (!host.includes('*')) return escaped(host)
  const labels = host.split('.')
  checkReach(labels, pointer)
  return labels.map(label => label === '*' ? NAMES : escaped(label).replaceAll('\\*', '[a-z0-9_-]*')).join('\\.')
}

/** A `*` must not reach the part of a name that anybody can register: `https://*example.com` would let in evilexample.com. */
function checkReach (labels: readonly string[], pointer: string): void {
  const last = labels.findLastIndex(label => label.includes('*'))
  const fixed = labels.slice(last + 1)
  if (fixed.length >= (labels[last] === '*' ? 1 : 2) && !fixed.includes('')) return
  throw new ConfigError('GW_CONFIG_INVALID', pointer, 'the * would let in hosts that anybody can register: let it stand for whole names, as in https://*.example.com')
}

function portSource (port: string, usual: string | undefined): string {
  if (port === '') return ''
  if (port === '*' || port === '[*]') return `(?::${PORT})?`
  const ports = port.replace(/[[\]]/g, '').split(',')
  return `(?::(?:${ports.join('|')}))${usual !== undefined && ports.includes(usual) ? '?' : ''}`
}

const escaped = (text: string): string => text.replace(/[^a-z0-9]/g, '\\$&')
