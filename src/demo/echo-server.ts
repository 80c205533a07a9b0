import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { verifyPassport } from '../../plugins/filters/passport/verifier/index.ts'

/** A demo upstream on loopback. */
export interface EchoServer {
  readonly url: string
  /** Where the keys are that passports must be signed with. */
  trust(jwks: string): void
  close(): Promise<void>
}

const MAX_BODY = 1024 * 1024
const MAX_SIZE = 2 ** 30
const MAX_DELAY_MS = 60_000

/**
 * Starts an upstream that answers JSON with what it received: method, path, query, headers, body, and the claims of the passport once it has
 * verified them. Knobs in the query:
 * `?delay=250` (ms), `?status=503`, `?size=1048576` (bytes instead of the JSON), `?fail=reset` (cut before the answer) or `?fail=body` (cut in it).
 */
export async function startEchoServer (name: string, port = 0): Promise<EchoServer> {
  let jwks: string | null = null
  const server = createServer((req, res) => { answer(name, jwks, req, res).catch(() => { res.destroy() }) })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    trust: url => { jwks = url },
    close: async () => {
      server.closeAllConnections()
      await new Promise(resolve => { server.close(resolve) })
    }
  }
}

async function answer (name: string, jwks: string | null, req: IncomingMessage, res: ServerResponse): Promise<void> {
  // Whoever writes to a client that has gone is told so by an event.
  res.on('error', () => {})
  const [path = '', query = ''] = req.url!.split(/\?(.*)/s)
  const parameters = new URLSearchParams(query)
  const knob = (key: string, max: number) => Math.trunc(Math.min(max, Math.max(0, Number(parameters.get(key)) || 0)))
  const body = await readBody(req)
  await wait(knob('delay', MAX_DELAY_MS), undefined, { ref: false })
  const fail = parameters.get('fail')
  if (fail === 'reset') {
    req.socket.destroy()
    return
  }
  const status = Math.max(200, knob('status', 599))
  const size = knob('size', MAX_SIZE)
  const echo = { service: name, method: req.method, path, query: Object.fromEntries(parameters), headers: req.headers, body, ...await passportOf(name, jwks, req) }
  if (status === 204 || status === 205 || status === 304) res.writeHead(status).end()
  else if (size > 0) fill(res, status, size, fail === 'body')
  else send(res, status, `${JSON.stringify(echo, null, 2)}\n`, fail === 'body')
}

/** What a service learns of the caller; nothing where the request has no passport. */
async function passportOf (name: string, jwks: string | null, { headers }: IncomingMessage): Promise<object> {
  const header = headers['x-passport']
  if (jwks === null || header === undefined) return {}
  try {
    return { passport: await verifyPassport(header, { jwks, audience: name }) }
  } catch (error) {
    return { passport: { error: (error as Error).message } }
  }
}

async function readBody (req: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of req as AsyncIterable<Buffer>) {
    size += chunk.byteLength
    if (size <= MAX_BODY) chunks.push(chunk)
  }
  return size <= MAX_BODY ? Buffer.concat(chunks).toString() : `(${size} bytes)`
}

function send (res: ServerResponse, status: number, text: string, fail: boolean): void {
  res.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) })
  if (fail) cut(res, text.slice(0, text.length / 2))
  else res.end(text)
}

/** So many bytes, never more than a piece of them in memory. */
function fill (res: ServerResponse, status: number, size: number, fail: boolean): void {
  const piece = Buffer.alloc(65_536, 'gatehouse ')
  let left = fail ? Math.trunc(size / 2) : size
  res.writeHead(status, { 'content-type': 'application/octet-stream', 'content-length': size })
  const more = (): void => {
    while (left > piece.byteLength) {
      left -= piece.byteLength
      if (!res.write(piece)) {
        res.once('drain', more)
        return
      }
    }
    if (fail) cut(res, piece.subarray(0, left))
    else res.end(piece.subarray(0, left))
  }
  more()
}

/** The last that the client gets of an answer which promised more. */
function cut (res: ServerResponse, last: string | Uint8Array): void {
  res.flushHeaders()
  res.write(last)
  res.socket?.destroySoon()
}
