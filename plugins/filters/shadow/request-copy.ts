import { ConfigError, heldBody, settableHeader, type Exchange } from '../../../src/contract/index.ts'

/** Marks a copy; taken from clients, kept from our own gateways, and whatever has it is not copied again. */
export const MARK = 'x-gatehouse-shadow'

/** What proves a caller to the live upstream, and what makes a request count once: a copy that had it could act in the caller's name, or be taken for the original. */
const CREDENTIALS = ['authorization', 'cookie', 'proxy-authorization', 'dpop', 'signature', 'signature-input', 'x-api-key', 'idempotency-key']

/** What is done to the headers of copies. */
export interface CopyOptions {
  readonly credentials: 'strip' | 'relay'
  readonly headers: { readonly set: Readonly<Record<string, string>>, readonly remove: readonly string[] }
}

/** Makes, of a request as it went to the live upstream, the one that a shadow gets: with this mark, without credentials. Throws ConfigError below `pointer`. */
export function requestCopier ({ credentials, headers }: CopyOptions, pointer: string): (x: Exchange, body: Uint8Array | null, mark: string) => Exchange {
  const set = Object.entries(headers.set).map(([name, value]) => [settable(name, `${pointer}/headers/set/${name}`), value] as const)
  const gone = [...headers.remove.map((name, i) => settable(name, `${pointer}/headers/remove/${i}`)), ...credentials === 'strip' ? CREDENTIALS : []]
  return (x, body, mark) => {
    const copy = x.copy(heldBody(body))
    for (const name of gone) copy.headers.delete(name)
    // Those that filters have got for the live upstream
    if (credentials === 'strip') for (const name of x.lent) copy.headers.delete(name)
    copy.lent = []
    for (const [name, value] of set) copy.headers.put(name, value)
    copy.headers.put(MARK, mark)
    return copy
  }
}

function settable (name: string, pointer: string): string {
  const lower = settableHeader(name, pointer)
  if (lower === MARK || lower === 'x-request-id') throw new ConfigError('GW_CONFIG_INVALID', pointer, 'copies are known by this one')
  return lower
}

/** About what a request takes of memory while it waits, beside its body: two bytes a letter at worst, and the objects. */
export function headBytes ({ headers: { flat }, path, query }: Exchange): number {
  let letters = path.length + query.length
  for (const text of flat) letters += text.length
  return 1024 + 2 * letters
}
