import type { Socket } from 'node:net'

/** One HTTP/1.1 message as it stood on the wire. */
export interface Message {
  /** Request line or status line. */
  readonly start: string
  /** Field lines in order, as sent. */
  readonly fields: readonly [name: string, value: string][]
  /** The whole head, its blank line included. */
  readonly head: string
  readonly body: Buffer
  readonly trailers: readonly [name: string, value: string][]
}

/** How a connection came to its end. */
export type Ending = 'fin' | 'reset'

/** What the reader must know of a message that its head does not say. */
export type BodyRule = (head: Omit<Message, 'body' | 'trailers'>) => 'none' | 'framed' | 'until-close'

/** The connection ended before a message was whole. */
export class Cut extends Error {
  readonly ending: Ending
  /** What had arrived of it. */
  readonly rest: Buffer

  constructor (ending: Ending, rest: Buffer) {
    super(`cut by ${ending} after ${rest.byteLength} bytes`)
    this.ending = ending
    this.rest = rest
  }
}

/** Reads the bytes of one connection as messages, by nothing but RFC 9112; every surplus byte stays visible. */
export class MessageReader {
  ending: Ending | null = null
  readonly ended: Promise<Ending>
  readonly #rule: BodyRule
  #wake: (() => void)[] = []
  #chunks: Buffer[] = []
  #size = 0

  constructor (socket: Socket, rule: BodyRule) {
    this.#rule = rule
    socket.on('data', chunk => {
      this.#chunks.push(chunk)
      this.#size += chunk.byteLength
      this.#changed()
    })
    this.ended = new Promise(resolve => {
      const end = (ending: Ending) => {
        this.ending ??= ending
        this.#changed()
        resolve(this.ending)
      }
      socket.on('end', () => { end('fin') })
      socket.on('error', () => { end('reset') })
      socket.on('close', () => { end('reset') })
    })
  }

  /** Bytes that belong to no message yet. */
  get rest (): Buffer {
    if (this.#chunks.length !== 1) this.#chunks = [Buffer.concat(this.#chunks)]
    return this.#chunks[0]!
  }

  /** The next message. Rejects with `Cut`. */
  async next (): Promise<Message> {
    const end = await this.until('\r\n\r\n')
    const head = this.take(end).toString('latin1')
    const [start = '', ...lines] = head.slice(0, -4).split('\r\n')
    const fields = lines.map(fieldOf)
    const rule = this.#rule({ start, fields, head })
    if (rule === 'none') return { start, fields, head, body: Buffer.alloc(0), trailers: [] }
    if (rule === 'until-close') {
      await this.ended
      return { start, fields, head, body: this.take(this.rest.byteLength), trailers: [] }
    }
    return { start, fields, head, ...await this.#body(fields) }
  }

  /** Waits until `count` bytes are here and takes them. */
  async bytes (count: number): Promise<Buffer> {
    await this.#waitFor(() => this.#size >= count)
    return this.take(count)
  }

  /** Waits for a text and gives the position behind it. */
  async until (text: string): Promise<number> {
    await this.#waitFor(() => this.rest.includes(text))
    return this.rest.indexOf(text) + text.length
  }

  take (count: number): Buffer {
    const { rest } = this
    this.#chunks = [rest.subarray(count)]
    this.#size = rest.byteLength - count
    return rest.subarray(0, count)
  }

  async #body (fields: Message['fields']): Promise<Pick<Message, 'body' | 'trailers'>> {
    if (valueOf(fields, 'transfer-encoding') === 'chunked') return await this.#chunkedBody()
    const length = Number(valueOf(fields, 'content-length') ?? 0)
    return { body: await this.bytes(length), trailers: [] }
  }

  async #chunkedBody (): Promise<Pick<Message, 'body' | 'trailers'>> {
    const chunks: Buffer[] = []
    for (;;) {
      const line = this.take(await this.until('\r\n')).toString('latin1')
      const size = parseInt(line, 16)
      if (Number.isNaN(size)) throw new Error(`not a chunk size: ${JSON.stringify(line)}`)
      if (size === 0) break
      chunks.push(await this.bytes(size))
      await this.bytes(2)
    }
    const trailers: [string, string][] = []
    for (;;) {
      const line = this.take(await this.until('\r\n')).toString('latin1').slice(0, -2)
      if (line === '') return { body: Buffer.concat(chunks), trailers }
      trailers.push(fieldOf(line))
    }
  }

  async #waitFor (there: () => boolean): Promise<void> {
    while (!there()) {
      if (this.ending) throw new Cut(this.ending, this.rest)
      await new Promise<void>(resolve => { this.#wake.push(resolve) })
    }
  }

  #changed (): void {
    for (const wake of this.#wake.splice(0)) wake()
  }
}

/** Value of a field, all its lines joined; undefined where there is none. `name` in lower case. */
export function valueOf (fields: Message['fields'], name: string): string | undefined {
  const values = fields.filter(([known]) => known.toLowerCase() === name).map(([, value]) => value)
  return values.length === 0 ? undefined : values.join(', ')
}

function fieldOf (line: string): [string, string] {
  const colon = line.indexOf(':')
  return [line.slice(0, colon), line.slice(colon + 1).trim()]
}
