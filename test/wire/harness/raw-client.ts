import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import type { Test } from 'tap'
import { MessageReader, valueOf, type Message } from './message-reader.ts'

/** An answer with what tests ask of it. */
export interface Answer extends Message {
  readonly status: number
  /** Value of a field, its lines joined. */
  header(name: string): string | undefined
  /** The `code` of a problem body, undefined for another body. */
  readonly code: string | undefined
  readonly text: string
}

/** A client that sends exactly the bytes it is given. */
export class RawClient {
  readonly socket: Socket
  readonly reader: MessageReader
  /** Methods of the requests whose answers are awaited, for HEAD has no body. */
  readonly #methods: string[] = []

  constructor (socket: Socket) {
    this.socket = socket
    this.reader = new MessageReader(socket, ({ start, fields }) => {
      const status = Number(start.slice(9, 12))
      if (status < 200) return 'none'
      const method = this.#methods.shift() ?? 'GET'
      if (method === 'HEAD' || status === 204 || status === 304) return 'none'
      return valueOf(fields, 'content-length') === undefined && valueOf(fields, 'transfer-encoding') === undefined ? 'until-close' : 'framed'
    })
  }

  /** Writes latin1 text or bytes. `methods`: those of the requests in it, when one of them is HEAD. */
  send (bytes: string | Buffer, ...methods: string[]): this {
    this.#methods.push(...methods)
    this.socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes)
    return this
  }

  /** The next answer, interim ones (1xx) too. */
  async answer (): Promise<Answer> {
    const message = await this.reader.next()
    const text = message.body.toString()
    return {
      ...message,
      text,
      status: Number(message.start.slice(9, 12)),
      code: codeIn(message, text),
      header: name => valueOf(message.fields, name)
    }
  }

  async ask (bytes: string | Buffer, ...methods: string[]): Promise<Answer> {
    return await this.send(bytes, ...methods).answer()
  }

  /** How the gateway ended the connection. */
  get ended (): Promise<'fin' | 'reset'> { return this.reader.ended }
}

/** Opens a connection to the gateway; the test closes it. */
export async function rawClient (t: Test, port: number): Promise<RawClient> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true })
  t.teardown(() => { socket.destroy() })
  const client = new RawClient(socket)
  await once(socket, 'connect')
  return client
}

function codeIn (message: Message, text: string): string | undefined {
  if (text === '' || valueOf(message.fields, 'content-type') !== 'application/problem+json') return undefined
  return (JSON.parse(text) as { code: string }).code
}
