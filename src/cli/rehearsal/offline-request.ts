import { isIP } from 'node:net'
import { UsageError } from '../../contract/usage-error.ts'

/** A request to be gone through without a network. */
export interface OfflineRequest {
  readonly method: string
  /** As it stands in the request line. */
  readonly target: string
  readonly scheme: 'http' | 'https'
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body: Uint8Array | null
  /** Address at the other end of the connection. */
  readonly from: string
}

/** An address for examples (RFC 5737): nobody trusts it and nobody has it. */
export const SOMEBODY = '192.0.2.1'

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/

/** The request as a client would write it to the socket (RFC 9112). Throws UsageError where it could not be written, or would not be whole. */
export function requestBytes ({ method, target, headers, body, from }: OfflineRequest): Buffer {
  if (isIP(from) === 0) throw new UsageError(`"${from}" is no IP address`)
  if (!TOKEN.test(method) || !/^[^\s\0]+$/.test(target)) throw new UsageError(`"${method} ${target}" is no request: a method and a target without spaces`)
  const lines = headers.map(headerText)
  const framing = frame(headers, body)
  const head = `${method} ${target} HTTP/1.1\r\n${[...lines, ...framing.lines].map(line => `${line}\r\n`).join('')}\r\n`
  return Buffer.concat([Buffer.from(head), ...framing.body])
}

function headerText ([name, value]: readonly [string, string]): string {
  if (!TOKEN.test(name) || /[\r\n\0]/.test(value)) throw new UsageError(`"${name}: ${value}" is no header`)
  return `${name}: ${value}`
}

/** The body in the framing that the headers ask for, or with its length. */
function frame (headers: OfflineRequest['headers'], body: Uint8Array | null): { lines: string[], body: Uint8Array[] } {
  const valueOf = (name: string) => headers.find(([known]) => known.toLowerCase() === name)?.[1]
  if (valueOf('transfer-encoding') !== undefined) return { lines: [], body: inChunks(body ?? new Uint8Array()) }
  const said = valueOf('content-length')
  const length = body?.byteLength ?? 0
  if (said !== undefined && /^\d+$/.test(said) && Number(said) !== length) throw new UsageError(`Content-Length is ${said}, but the body has ${length} bytes`)
  return body === null ? { lines: [], body: [] } : { lines: said === undefined ? [`Content-Length: ${length}`] : [], body: [body] }
}

/** RFC 9112 7.1 */
const inChunks = (body: Uint8Array): Uint8Array[] =>
  [...body.byteLength === 0 ? [] : [Buffer.from(`${body.byteLength.toString(16)}\r\n`), body, Buffer.from('\r\n')], Buffer.from('0\r\n\r\n')]
