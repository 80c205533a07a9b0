// The runtime's floor: the least that a correct streaming proxy on `node:http` and undici's `dispatch` can cost.
// Usage: node floor.ts <port> <upstream port>
//
// Each of these was measured against its alternatives on one pinned core, and kept for being the fastest or no slower:
// flat header arrays both ways (the objects cost a conversion), `optimizeEmptyRequests`, and a small body as a latin1
// string, which leaves in one buffer with the head.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { Pool, type Dispatcher } from 'undici'
import { Relay } from './relay.ts'

const KEEP_ALIVE_MS = 75_000

// RFC 9110 7.6.1; `expect` has been answered by the server already.
const HOP_BY_HOP = new Set([
  'connection', 'expect', 'keep-alive', 'proxy-authorization', 'proxy-connection', 'te', 'trailer', 'transfer-encoding', 'upgrade'
])

const [port = '0', upstreamPort = '0'] = process.argv.slice(2)
const pool = new Pool(`http://127.0.0.1:${upstreamPort}`)

function serve (request: IncomingMessage, response: ServerResponse): void {
  const passed = endToEnd(request.rawHeaders)
  if (passed === null) return refuse(response)
  const { headers, hasBody } = passed
  const method = request.method as Dispatcher.HttpMethod
  pool.dispatch({ path: request.url ?? '/', method, headers, body: hasBody ? request : null }, new Relay(response))
}

// In one pass over the raw fields: looking at `request.headers` would make Node build an object of them first.
function endToEnd (raw: string[]): { headers: string[], hasBody: boolean } | null {
  const headers: string[] = []
  let hasBody = false
  for (let i = 0; i < raw.length; i += 2) {
    const [name, value] = [raw[i]!, raw[i + 1]!]
    const lower = name.toLowerCase()
    if (lower === 'content-length' || lower === 'transfer-encoding') hasBody = true
    if (lower === 'connection' && isUnusual(value)) return null
    if (!HOP_BY_HOP.has(lower)) headers.push(name, value)
  }
  return { headers, hasBody }
}

// A Connection field may name further fields to drop. Nothing in this benchmark does, so it is refused, not implemented.
function isUnusual (connection: string): boolean {
  return !/^(?:keep-alive|close)$/i.test(connection)
}

function refuse (response: ServerResponse): void {
  response.writeHead(501, { 'content-length': 0 }).end()
}

createServer({ keepAliveTimeout: KEEP_ALIVE_MS, optimizeEmptyRequests: true }, serve).listen(Number(port), '127.0.0.1')
