import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Test } from 'tap'

/** What an upstream does with a request, counted from 1. */
export type Answering = (req: IncomingMessage, res: ServerResponse, count: number) => void

/** Says who it is. */
export const well = (text: string): Answering => (_req, res) => { res.writeHead(200, { 'content-type': 'text/plain' }).end(text) }
export const fails: Answering = (_req, res) => { res.writeHead(503).end('no') }
/** Takes the request and never answers. */
export const hangs: Answering = () => {}
export const resets: Answering = req => { req.socket.resetAndDestroy() }
/** Half an answer, and then nothing of the connection. */
export const breaks: Answering = (_req, res) => {
  res.writeHead(200, { 'content-length': '10' })
  res.write('01234', () => { res.destroy() })
}
/** An answer that comes in so small pieces that it never ends. */
export const drips: Answering = (_req, res) => {
  res.writeHead(200, { 'content-type': 'text/plain' })
  const dripping = setInterval(() => { res.write('.') }, 5)
  res.on('close', () => { clearInterval(dripping) })
}

/** A service that does as it is told; it can go away and come back at the same address. */
export class Upstream {
  readonly name: string
  readonly asked: { readonly method: string, readonly url: string, readonly headers: IncomingHttpHeaders, readonly body: () => string }[] = []
  /** Requests that were given up before their answer was whole. */
  gone = 0
  answering: Answering
  #server: Server | null = null
  #port = 0

  constructor (name: string) {
    this.name = name
    this.answering = well(name)
  }

  get port (): number { return this.#port }
  get url (): string { return `http://127.0.0.1:${this.#port}` }
  get count (): number { return this.asked.length }

  /** Connections that are open. */
  connections (): Promise<number> {
    return new Promise(resolve => { this.#server!.getConnections((_error, count) => { resolve(count) }) })
  }

  async start (): Promise<void> {
    const server = createServer((req, res) => {
      let body = ''
      req.on('data', (chunk: Buffer) => { body += chunk.toString('latin1') }).on('error', () => {})
      this.asked.push({ method: req.method!, url: req.url!, headers: req.headers, body: () => body })
      res.on('close', () => { if (!res.writableFinished) this.gone++ })
      this.answering(req, res, this.asked.length)
    }).listen(this.#port, '127.0.0.1')
    await once(server, 'listening')
    this.#port = (server.address() as AddressInfo).port
    this.#server = server
  }

  /** Resolves when nobody listens there any more. */
  async stop (): Promise<void> {
    const server = this.#server
    this.#server = null
    if (server === null) return
    server.close()
    server.closeAllConnections()
    await once(server, 'close')
  }
}

/** Starts one that the test stops. */
export async function upstream (t: Test, answering?: Answering, name = 'here'): Promise<Upstream> {
  const one = new Upstream(name)
  if (answering) one.answering = answering
  await one.start()
  t.teardown(() => one.stop())
  return one
}

/** Several, each of which says its name: `a`, `b`, `c`... */
export const upstreams = async (t: Test, count: number): Promise<Upstream[]> =>
  await Promise.all(Array.from({ length: count }, (_, i) => upstream(t, undefined, String.fromCharCode(97 + i))))
