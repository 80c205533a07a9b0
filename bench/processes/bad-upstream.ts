// An upstream that is bad in the way the path says: /hang never answers, /drip answers and then sends a byte now and then, /half fails every
// other time, /recovers fails until <seconds> after its first request. Everything else is well. GET /count/<way> tells how often it was asked.
// Usage: node bad-upstream.ts <port> <seconds>
import { createServer, type ServerResponse } from 'node:http'

const [port = '0', seconds = '3'] = process.argv.slice(2)
const DRIP_MS = 100
const GOOD = JSON.stringify({ well: true })

const asked = new Map<string, number>()
const since = new Map<string, number>()

const WAYS: Readonly<Record<string, (response: ServerResponse, count: number) => void>> = {
  hang: () => {},
  drip: (response) => {
    response.writeHead(200, { 'content-type': 'text/plain' })
    const timer = setInterval(() => { response.write('.') }, DRIP_MS)
    response.once('close', () => { clearInterval(timer) })
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

function answer (response: ServerResponse, status: number): void {
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(GOOD) }).end(GOOD)
}
