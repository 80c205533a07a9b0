import { request as requestHttp, type ClientRequest, type IncomingMessage, type RequestOptions } from 'node:http'
import { request as requestHttps } from 'node:https'
import { ConfigError } from '../../contract/config-error.ts'
import { pattern, type Pattern } from '../../contract/pattern.ts'
import type { HealthConfig } from '../../contract/route-file.ts'
import { statusesOf } from '../../contract/status-ranges.ts'
import type { Checked, Probe } from './probe.ts'
import { placeOf } from './place-of.ts'

/** What is looked at of an answer. */
const BODY_BYTES = 65_536

/** Well is an endpoint that answers a GET with one of the statuses and, where one is set, a body in which the pattern is found. Redirects are answers like any other. */
export function httpProbe (config: HealthConfig & { readonly path: string }): Probe {
  checkText('/health/path', config.path)
  if (config.host !== undefined) checkText('/health/host', config.host)
  const expected = statusesOf(config.statuses, '/health/statuses')
  const wanted = config.body === undefined ? null : pattern(config.body, '/health/body')
  return async (endpoint, signal) => {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const req = ask(endpoint, config, signal)
    const closed = () => { reject(new Error('the connection was closed')) }
    req.on('response', res => {
      // It may be closed before all that has come is read
      req.off('close', closed)
      if (!expected.has(res.statusCode!)) reject(new Error(`status ${res.statusCode}`))
      else if (wanted === null) resolve()
      else look(res, wanted).then(resolve, reject)
    })
    req.on('error', reject).on('close', closed).end()
    try {
      await promise
    } finally {
      req.destroy()
    }
  }
}

function ask (endpoint: Checked, { path, host, port }: { readonly path: string, readonly host?: string, readonly port?: number }, signal: AbortSignal): ClientRequest {
  const options: RequestOptions = {
    ...placeOf(endpoint, port),
    method: 'GET',
    path,
    agent: false,
    setDefaultHeaders: false,
    headers: ['host', host ?? endpoint.authority, 'user-agent', 'gatehouse-health', 'accept', '*/*', 'connection', 'close'],
    signal
  }
  return endpoint.tls === null ? requestHttp(options) : requestHttps({ ...options, ...endpoint.tls })
}

/** Rejects where the pattern is not in the part of the body that is read. */
async function look (res: IncomingMessage, wanted: Pattern): Promise<void> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of res as AsyncIterable<Buffer>) {
    chunks.push(chunk)
    bytes += chunk.byteLength
    if (bytes >= BODY_BYTES) break
  }
  if (!wanted.finds(Buffer.concat(chunks).toString('utf8', 0, BODY_BYTES))) throw new Error('the body is not as expected')
}

function checkText (pointer: string, text: string): void {
  if (!/^[\x21-\x7e]+$/.test(text)) throw new ConfigError('GW_CONFIG_INVALID', pointer, 'visible ASCII characters only')
}
