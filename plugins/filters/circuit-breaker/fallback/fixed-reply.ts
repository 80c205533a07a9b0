import { ConfigError, escapePointer, HeaderList, settableHeader, WITHOUT_CONTENT } from '../../../../src/contract/index.ts'
import type { FixedReplyConfig } from './fallback-config.ts'
import type { StandIn } from './stand-in.ts'

/** Always the same answer. Unless it says otherwise nobody keeps it: what stands in for an answer must not outlive the outage in a cache. */
export function fixedReply (config: FixedReplyConfig, pointer: string): StandIn {
  check(config, pointer)
  const { status, body, json, headers } = config
  const text = json === undefined ? body ?? null : JSON.stringify(json)
  const fields = Object.entries(headers).map(([name, value]) => [settableHeader(name, `${pointer}/headers/${escapePointer(name)}`), value] as const)
  const given = new HeaderList(fields.flat())
  if (text !== null && !given.has('content-type')) given.append('content-type', json === undefined ? 'text/plain; charset=utf-8' : 'application/json')
  if (!given.has('cache-control')) given.append('cache-control', 'no-store')
  return {
    kind: 'reply',
    answer: () => ({ status, headers: new HeaderList([...given.flat]), body: text, code: null, trailers: null })
  }
}

/** No key may be without effect. */
function check ({ status, body, json }: FixedReplyConfig, pointer: string): void {
  if (body !== undefined && json !== undefined) throw new ConfigError('GW_CONFIG_NO_EFFECT', `${pointer}/body`, 'there is `json` already: an answer has one body')
  const given = body !== undefined ? 'body' : json !== undefined ? 'json' : null
  if (given !== null && WITHOUT_CONTENT.includes(status)) throw new ConfigError('GW_CONFIG_NO_EFFECT', `${pointer}/${given}`, `an answer with status ${status} has no body (RFC 9110 15)`)
}
