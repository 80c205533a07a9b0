import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import { createServer as createTcpServer, type AddressInfo, type Socket } from 'node:net'
import { gzipSync } from 'node:zlib'

const LARGE_BYTES = 50_000_000
const PIECE = Buffer.alloc(64 * 1024, 'a')

/** What the endpoint does with each request. */
export type Mood = 'well' | 'down' | 'silent' | 'half' | 'large' | 'large declared' | 'redirect' | 'error' | 'html' | 'not a set' | 'gzip' | 'cut off' | 'empty' | 'encryption only' | 'text/plain'

/** A JWKS endpoint on loopback that misbehaves as it is told to, and counts what it is asked. */
export class DrillPeer {
  keys: readonly object[] = []
  mood: Mood = 'well'
  /** Requests for the keys, and for the place that a redirect points to. */
  asked = 0
  followed = 0
  /** Of a large answer: what the gateway took before it cut the connection. */
  sentBytes = 0
  readonly #sockets = new Set<Socket>()
  readonly #server = createServer((request, response) => {
    if (request.url === '/moved') this.followed++
    else this.asked++
    this.#moods[request.url === '/moved' ? 'well' : this.mood](response)
  })

  readonly #moods: Readonly<Record<Mood, (response: ServerResponse) => void>> = {
    well: response => { response.setHeader('content-type', 'application/jwk-set+json').end(this.#set()) },
    down: response => { response.destroy() },
    silent: () => {},
    half: response => { response.write(this.#set().slice(0, 20)) },
    large: response => { this.#pour(response) },
    'large declared': response => { this.#pour(response.setHeader('content-length', LARGE_BYTES)) },
    redirect: response => { response.writeHead(302, { location: '/moved' }).end() },
    error: response => { response.writeHead(500).end(this.#set()) },
    html: response => { response.setHeader('content-type', 'text/html').end('<html><body>Please log in</body></html>') },
    'not a set': response => { response.setHeader('content-type', 'application/json').end('{"keys":"soon"}') },
    gzip: response => { response.setHeader('content-encoding', 'gzip').end(gzipSync(this.#set())) },
    'cut off': response => { response.setHeader('content-length', 9999).write(this.#set(), () => { response.destroy() }) },
    empty: response => { response.end('{"keys":[]}') },
    'encryption only': response => { response.end(JSON.stringify({ keys: this.keys.map(key => ({ ...key, use: 'enc' })) })) },
    'text/plain': response => { response.setHeader('content-type', 'text/plain').end(this.#set()) }
  }

  async start (): Promise<string> {
    this.#server.on('connection', socket => this.#sockets.add(socket))
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/jwks`
  }

  stop (): void {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
  }

  #set (): string { return JSON.stringify({ keys: this.keys }) }

  /** Never holds more than a piece itself: what memory shows is what the gateway keeps. */
  #pour (response: ServerResponse): void {
    const more = () => {
      if (response.destroyed || this.sentBytes >= LARGE_BYTES) return
      this.sentBytes += PIECE.length
      response.write(PIECE, () => { setImmediate(more) })
    }
    more()
  }
}

/** An address of this host where nobody listens. */
export async function deadAddress (): Promise<string> {
  const server = createTcpServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  await new Promise(resolve => server.close(resolve))
  return `http://127.0.0.1:${port}/jwks`
}
