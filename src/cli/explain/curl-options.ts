import { parseArgs } from 'node:util'
import { UsageError } from '../../contract/usage-error.ts'

const text = (short?: string) => ({ type: 'string', ...short && { short } }) as const
const flag = (short?: string) => ({ type: 'boolean', ...short && { short } }) as const

/** Options that make a difference to the request. */
const ASKING = {
  request: text('X'),
  header: text('H'),
  data: text('d'),
  'data-ascii': text(),
  'data-raw': text(),
  'data-binary': text(),
  'data-urlencode': text(),
  json: text(),
  get: flag('G'),
  head: flag('I'),
  user: text('u'),
  cookie: text('b'),
  'user-agent': text('A'),
  referer: text('e'),
  url: text(),
  compressed: flag(),
  'oauth2-bearer': text(),
  'path-as-is': flag()
}

/** Options that are about the connection, or about what curl does with the answer. */
const REST = {
  insecure: flag('k'),
  silent: flag('s'),
  'show-error': flag('S'),
  include: flag('i'),
  verbose: flag('v'),
  location: flag('L'),
  fail: flag('f'),
  'fail-with-body': flag(),
  globoff: flag('g'),
  'no-buffer': flag('N'),
  ipv4: flag('4'),
  ipv6: flag('6'),
  'http1.1': flag(),
  http2: flag(),
  output: text('o'),
  'write-out': text('w'),
  'max-time': text('m'),
  'connect-timeout': text(),
  retry: text(),
  'progress-bar': flag('#'),
  'no-progress-meter': flag()
}
const OPTIONS = { ...ASKING, ...REST }

/** An option as it was given, in order. */
export interface Given { readonly name: string, readonly value: string }

/** The options of a curl line in the order they were given, and what is no option. Throws UsageError for one that is not known. */
export function curlOptions (words: readonly string[]): { given: Given[], urls: string[] } {
  const { tokens } = parseArgs({ args: [...words], options: OPTIONS, allowPositionals: true, strict: false, tokens: true })
  const given: Given[] = []
  const urls: string[] = []
  for (const token of tokens) {
    if (token.kind === 'positional') urls.push(token.value)
    if (token.kind !== 'option') continue
    const known = Object.hasOwn(OPTIONS, token.name) ? OPTIONS[token.name as keyof typeof OPTIONS] : undefined
    if (!known) throw new UsageError(`explain does not know curl's option ${token.rawName}`)
    if (known.type === 'string' && token.value === undefined) throw new UsageError(`curl's option ${token.rawName} needs a value`)
    given.push({ name: token.name, value: token.value ?? '' })
  }
  return { given, urls }
}
