// An upstream that is bad in the way the path says: /hang never answers, /drip answers and then sends a byte now and then, /half fails every
// other time, /recovers fails until <seconds> after its first request, /second sends a byte each second, /flood 1 GB as fast as it is taken. Everything
// else is well. GET /count/<way> tells how often it was asked.
// Usage: node bad-upstream.ts <port> <seconds>
import { createServer, type ServerResponse } from 'node:http'

const [port = '0', seconds = '3'] = process.argv.slice(2)
const DRIP_MS = 100
const PIECE = Buffer.alloc(65_536, '.')
const FLOOD_BYTES = 16_384 * PIECE.length
const GOOD = JSON.stringify({ well: true })

const asked = new Map<string, number>()
const since = new Map<string, number>()

const WAYS: Readonly<Record<string, (response: ServerResponse, count: number) => void>> = {
  hang: () => {},
  drip: (response) => { drip(response, DRIP_MS) },
  second: (response) => { drip(response, 1000) },
  flood: (response) => {
    response.writeHead(200, { 'content-type': 'text/plain', 'content-length': FLOOD_BYTES })
    let left = FLOOD_BYTES / PIECE.length
    const flow = () => {
      while (left-- > 0 && !response.destroyed) if (!response.write(PIECE)) return
      if (left < 0) response.end()
    }
    response.on('drain', flow).on('error', () => {})
    flow()
  },
  half: (response, count) => { answer(response, count % 2 === 0 ? 503 : 200) },
  recovers: (response) => {
    const first = since.get('recovers') ?? performance.now()
    since.set('recovers', first)
    answer(response, performance.now() - first < Number(seconds) * 1000 ? 503 : 200)
  }
}

createServer({ keepAliveTimeout: 75_000 }, ({ url = '/' }, response) => {
  const [, way = '', of = ''] = url.split('/')
  if (way === 'count') {
    response.end(String(asked.get(of) ?? 0))
    return
  }
  const count = asked.get(way) ?? 0
  asked.set(way, count + 1)
  const act = WAYS[way]
  if (act) act(response, count)
  else answer(response, 200)
}).listen(Number(port), '127.0.0.1')

function drip (response: ServerResponse, everyMs: number): void {
  response.writeHead(200, { 'content-type': 'text/plain' })
  const timer = setInterval(() => { response.write('.') }, everyMs)
  response.once('close', () => { clearInterval(timer) })
}

function answer (response: ServerResponse, status: number): void {
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(GOOD) }).end(GOOD)
}
