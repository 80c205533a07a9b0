import { HeaderList } from '../contract/header-list.ts'

/** Fields of one connection only (RFC 9110 7.6.1), those whose place the gateway takes, and those that frame the body: Trailer not at all, Content-Length at the end. */
const DROPPED = new Set(['connection', 'keep-alive', 'proxy-connection', 'proxy-authenticate', 'proxy-authentication-info', 'te', 'trailer', 'transfer-encoding',
  'upgrade', 'http2-settings', 'x-request-id', 'content-length'])

/** The fields of a message as undici gives them: names in lower case. */
export type RawFields = Readonly<Record<string, string | readonly string[] | undefined>>

/**
 * The fields of an upstream's head without those that end at this hop. Content-Length comes last: node:http reads a
 * Content-Disposition behind it as UTF-8 and breaks it.
 */
export function replyHeaders (headers: RawFields): HeaderList {
  const flat: string[] = []
  const nominated = headers['connection'] === undefined ? null : nominations(headers['connection'])
  for (const name in headers) {
    if (DROPPED.has(name) || (nominated !== null && nominated.has(name))) continue
    const value = headers[name]
    if (typeof value === 'string') flat.push(name, value)
    else if (value !== undefined) for (const one of value) flat.push(name, one)
  }
  const length = headers['content-length']
  if (typeof length === 'string') flat.push('content-length', length)
  return new HeaderList(flat)
}

/** What Connection names, besides its own options; null where that is all there is. Framing cannot be nominated away. */
function nominations (connection: string | readonly string[]): Set<string> | null {
  if (connection === 'keep-alive' || connection === 'close') return null
  return new Set(String(connection).toLowerCase().split(',').map(name => name.trim()).filter(name => name !== 'content-type'))
}
