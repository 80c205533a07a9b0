import type { ErrorCode } from '../../../src/contract/index.ts'

/** Bytes in, outcome out: one row of the raw-socket corpus. */
export interface WireCase {
  readonly name: string
  /** Latin-1 text; pieces are sent one after the other. */
  readonly send: string | readonly string[]
  /** Whether the client closes its side behind the last byte. */
  readonly halfClose?: boolean
  /** Statuses, or the codes of the gateway's own refusals, in order. Empty: the connection ends without any. */
  readonly answers: readonly (number | ErrorCode)[]
  /** Whether the next request of the connection is served. */
  readonly stays: boolean
  /** Exact texts of the requests that upstream must have seen; whatever else it sees is smuggled. */
  readonly upstream: readonly string[]
  /** What upstream saw of a request that was cut behind its head. */
  readonly cut?: string
  /** Sent to a gateway that trusts this client. */
  readonly trusted?: boolean
}

/** How a request arrives upstream, as far as it is not the same for all. */
export interface Seen {
  /** Field lines that came from the client. */
  readonly fields?: readonly string[]
  readonly body?: string
  /** How the body is framed; `length` where there is one. */
  readonly framing?: 'length' | 'chunked' | 'none'
  /** Whether the gateway keeps its connection to upstream. */
  readonly connection?: 'keep-alive' | 'close'
  /** X-Forwarded-For, -Proto, -Host and -Port; null for none. */
  readonly forwarded?: readonly [string, string, string | null, string]
}

const NOBODY = ['127.0.0.1', 'http', 'gw.test', '80'] as const

/** Exact text of a request on its way upstream. `{upstream}` and `{id}` stand for what differs each time. */
export function seen (line: string, { fields = [], body = '', framing = body === '' ? 'none' : 'length', connection = 'keep-alive', forwarded: [client, proto, host, port] = NOBODY }: Seen = {}): string {
  return [
    `${line} HTTP/1.1`,
    'host: {upstream}',
    `connection: ${connection}`,
    ...fields,
    `x-forwarded-for: ${client}`,
    `x-forwarded-proto: ${proto}`,
    ...host === null ? [] : [`x-forwarded-host: ${host}`],
    `x-forwarded-port: ${port}`,
    'via: 1.1 gatehouse',
    'x-request-id: {id}',
    ...{ length: [`content-length: ${body.length}`], chunked: ['transfer-encoding: chunked'], none: [] }[framing],
    '',
    body
  ].join('\r\n')
}

/** A request with these field lines behind Host. */
export const request = (line: string, fields: readonly string[] = [], body = ''): string =>
  `${[`${line} HTTP/1.1`, 'Host: gw.test', ...fields].join('\r\n')}\r\n\r\n${body}`

/** A row that is let through and answered, with the connection kept. */
export const passes = (name: string, send: WireCase['send'], ...upstream: string[]): WireCase =>
  ({ name, send, answers: upstream.map(() => 200), stays: true, upstream })

/** A row that is refused, never seen upstream, and whose connection ends. */
export const refuses = (name: string, send: WireCase['send'], code: ErrorCode): WireCase =>
  ({ name, send, answers: [code], stays: false, upstream: [] })
