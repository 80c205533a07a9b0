import { once } from 'node:events'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import type { Test } from 'tap'
import { Cut, MessageReader, valueOf, type Ending, type Message } from './message-reader.ts'

/** A request that upstream has seen, and the connection it came on. */
export interface Received extends Message {
  readonly socket: Socket
  readonly reader: MessageReader
  /** Which connection, counted from 1. */
  readonly connection: number
  header(name: string): string | undefined
}

/** What upstream does with a request once its head and body are here. */
export type Answering = (request: Received) => void

const text = (body: string, more = ''): string => `HTTP/1.1 200 OK\r\ncontent-length: ${Buffer.byteLength(body)}\r\n${more}\r\n${body}`

/** The answer of an upstream that has nothing to say about it. */
export const OK = text('ok')
export { text as okWith }

/** An upstream that writes down what it sees, byte by byte, and answers with bytes. */
export class RawUpstream {
  readonly server: Server
  readonly requests: Received[] = []
  /** Bytes in which it saw no whole request when their connection ended. */
  readonly leftovers: string[] = []
  connections = 0
  /** With `head`, requests are told before their body is read. */
  answering: Answering
  #early: boolean
  #waiting: { count: number, resolve: (request: Received) => void }[] = []

  constructor (server: Server, answering: Answering, early: boolean) {
    this.server = server
    this.answering = answering
    this.#early = early
  }

  get port (): number { return (this.server.address() as AddressInfo).port }
  get url (): string { return `http://127.0.0.1:${this.port}` }

  /** The request with this number, counted from 1, as soon as it is there. */
  request (count = 1): Promise<Received> {
    const there = this.requests[count - 1]
    return there ? Promise.resolve(there) : new Promise(resolve => { this.#waiting.push({ count, resolve }) })
  }

  async serve (socket: Socket): Promise<void> {
    const connection = ++this.connections
    const reader = new MessageReader(socket, () => this.#early ? 'none' : 'framed')
    try {
      for (;;) {
        const message = await reader.next()
        const received = { ...message, socket, reader, connection, header: (name: string) => valueOf(message.fields, name) }
        this.#received(received)
        this.answering(received)
        if (this.#early) return
      }
    } catch (error) {
      if (!(error instanceof Cut)) throw error
      if (error.rest.byteLength > 0) this.leftovers.push(error.rest.toString('latin1'))
      socket.end()
    }
  }

  #received (request: Received): void {
    this.requests.push(request)
    this.#waiting = this.#waiting.filter(({ count, resolve }) => {
      if (count === this.requests.length) resolve(request)
      return count !== this.requests.length
    })
  }
}

/** How the gateway ended a connection to upstream. */
export const endedBy = (request: Received): Promise<Ending> => request.reader.ended

/** Starts an upstream that the test stops. `early`: it is told of a request at its head, and reads the body itself. */
export async function rawUpstream (t: Test, answering: Answering = ({ socket }) => { socket.write(OK) }, { early = false, createServer: create = createServer as (listener: (socket: Socket) => void) => Server } = {}): Promise<RawUpstream> {
  const sockets = new Set<Socket>()
  const server = create(socket => {
    sockets.add(socket)
    socket.on('error', () => {}).once('close', () => sockets.delete(socket))
    upstream.serve(socket)
  })
  const upstream = new RawUpstream(server, answering, early)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(async () => {
    for (const socket of sockets) socket.destroy()
    server.close()
    await once(server, 'close')
  })
  return upstream
}
