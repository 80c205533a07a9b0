import { HeaderList, isStream, type BodyCopy, type ErrorCode, type Reply } from '../../../src/contract/index.ts'
import type { Answer } from './answer.ts'

const NOTHING = new Uint8Array()

/**
 * What the client gets, kept as it passes: taken when the reply is there, known when its body has ended. As upstream has given it: filters that
 * change the reply on its way out come later.
 */
export class LiveAnswer {
  readonly reply: Reply
  readonly headMs: number
  readonly #headers: HeaderList
  readonly #code: ErrorCode | null
  readonly #status: number
  readonly #bytes: Uint8Array
  readonly #kept: boolean
  #copy: BodyCopy | null = null

  /** `maxBytes`: of the body; null keeps nothing of it. */
  constructor (reply: Reply, headMs: number, maxBytes: number | null) {
    const { body } = reply
    this.reply = reply
    this.headMs = headMs
    this.#headers = new HeaderList([...reply.headers.flat])
    this.#code = reply.code
    this.#status = reply.status
    this.#bytes = typeof body === 'string' ? Buffer.from(body) : body instanceof Uint8Array ? body : NOTHING
    this.#kept = maxBytes !== null
    if (maxBytes !== null && isStream(body)) this.#copy = body.copy(maxBytes)
  }

  /** Bytes that it keeps in memory. */
  get bytes (): number { return this.#copy === null ? this.#bytes.byteLength : Math.min(this.#copy.size, this.#copy.bytes().byteLength) }

  /** Length of a body that is all there and may be compared; Infinity for any other. */
  get comparable (): number {
    if (!this.#kept) return Infinity
    if (this.#copy === null) return this.#bytes.byteLength
    return this.#copy.state === 'whole' ? this.#copy.size : Infinity
  }

  /** Why its body broke off; null for a whole one, and while it is arriving. */
  get broken (): ErrorCode | null { return this.#copy?.state === 'broken' ? 'GW_UPSTREAM_RESET' : null }

  /** Told once, when all of it is known. */
  settled (told: () => void): void {
    if (this.#copy === null) told()
    else this.#copy.settled(told)
  }

  /** Call it when it is settled. */
  answer (): Answer {
    const copy = this.#copy
    const extent = copy === null || copy.state === 'whole' ? 'whole' : copy.state === 'over' ? 'over' : 'broken'
    return { status: this.#status, headers: this.#headers, body: copy === null ? this.#bytes : copy.bytes(), extent, code: this.#code ?? this.broken, headMs: this.headMs }
  }

  release (): void {
    this.#copy?.release()
    this.#copy = null
  }
}
