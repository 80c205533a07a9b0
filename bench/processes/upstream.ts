// The upstream of the scenarios with bodies.
// Usage: node upstream.ts <port> <JSON body>
// GET /bytes/<n> streams n bytes; POST /sink reads all and answers how many; everything else gets the JSON body.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'

const [port = '0', json = '{}'] = process.argv.slice(2)
const CHUNK = Buffer.alloc(64 * 1024, 'gatehouse ')

function serve (request: IncomingMessage, response: ServerResponse): void {
  const size = /^\/bytes\/(\d+)$/.exec(request.url ?? '')?.[1]
  if (size !== undefined) sendBytes(response, Number(size))
  else if (request.url === '/sink') countBytes(request, response)
  else sendText(response, 'application/json', json)
}

function sendBytes (response: ServerResponse, size: number): void {
  response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': size })
  let left = size
  const pump = (): void => {
    let room = true
    while (left > 0 && room) {
      const chunk = left < CHUNK.length ? CHUNK.subarray(0, left) : CHUNK
      left -= chunk.length
      room = response.write(chunk)
    }
    if (left > 0) response.once('drain', pump)
    else response.end()
  }
  pump()
}

function countBytes (request: IncomingMessage, response: ServerResponse): void {
  let count = 0
  request.on('data', (chunk: Buffer) => { count += chunk.length })
  request.on('end', () => { sendText(response, 'text/plain', String(count)) })
}

function sendText (response: ServerResponse, type: string, text: string): void {
  response.writeHead(200, { 'content-type': type, 'content-length': Buffer.byteLength(text) }).end(text)
}

createServer({ keepAliveTimeout: 75_000 }, serve).listen(Number(port), '127.0.0.1')
