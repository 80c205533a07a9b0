import { UsageError } from '../../contract/usage-error.ts'
import type { OfflineRequest } from '../rehearsal/offline-request.ts'
import { splitUrl } from './split-url.ts'

/** What stands beside the request line. */
export interface Beside {
  readonly headers?: readonly (readonly [name: string, value: string])[]
  readonly body?: string | undefined
  readonly from: string
}

/** Where a path without a host is asked for. */
const ANYWHERE = 'localhost'

/** `GET https://host/path`, `POST /path`, `https://host/path` or `/path` as a request. A Host header among those given wins. Throws UsageError. */
export function plainRequest (line: string, { headers = [], body, from }: Beside): OfflineRequest {
  const [, method = body === undefined ? 'GET' : 'POST', where = ''] = /^(?:([A-Za-z-]+) +)?(\S+)$/.exec(line.trim()) ?? []
  const { scheme, authority, target } = splitUrl(where) ?? { scheme: 'http', authority: ANYWHERE, target: where }
  if (!target.startsWith('/') && target !== '*') throw new UsageError(`"${line}" is no request: write it as 'GET https://host/path'`)
  return { method, target, scheme, headers: withHost(headers, authority), body: body === undefined ? null : Buffer.from(body), from }
}

const withHost = (headers: OfflineRequest['headers'], authority: string): OfflineRequest['headers'] =>
  headers.some(([name]) => name.toLowerCase() === 'host') ? headers : [['Host', authority], ...headers]

/** `Name: value`. Throws UsageError. */
export function headerLine (text: string): readonly [name: string, value: string] {
  const colon = text.indexOf(':')
  if (colon < 1) throw new UsageError(`"${text}" is no header: write it as 'Name: value'`)
  return [text.slice(0, colon).trim(), text.slice(colon + 1).trim()]
}
