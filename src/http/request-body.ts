import type { IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import { GatewayError } from '../contract/errors.ts'
import type { Body } from '../contract/body.ts'
import type { BodyCopy } from '../contract/body-copy.ts'
import { CopiedBody, endCopies } from '../contract/copied-body.ts'
import { BodyCollector } from './body-collector.ts'
import { BodyPace } from './body-pace.ts'
import type { HeldBudget } from './held-budget.ts'
import { OutgoingBody, type Passage } from './outgoing-body.ts'

/** What a request body is made of, and whoever it belongs to: one object, because one for each request is enough. */
export interface BodyOptions {
  /** The bytes as they arrive; null where the request has no body. */
  readonly source: Readable | null
  /** Content-Length, null where unknown. */
  readonly length: number | null
  readonly budget: HeldBudget
  /** Longest wait between two pieces, in ms; 0 for any, and any pace. */
  readonly idleMs: number
  /** Told before the first byte is asked for: time to send 100 (RFC 9110 10.1.1). */
  onRead?(): void
  /** Told once when a body on its way upstream cannot go on: too large, too slow. */
  onFault(error: GatewayError): void
}

/** A request body that streams through untouched unless a filter holds, replaces or limits it. */
export class RequestBody implements Body, Passage {
  readonly present: boolean
  readonly length: number | null
  held: Uint8Array | null = null
  companions: object[] | null = null
  /** Bytes that have arrived. */
  received = 0
  readonly #options: BodyOptions
  #max = Infinity
  #watchers: { max: number, over: () => void }[] | null = null
  #taken = 0
  /** What a hold that gave up had seen of a body without declared length. */
  #atLeast = 0
  #holding: Promise<Uint8Array | null> | null = null
  #collector: BodyCollector | null = null
  #failure: GatewayError | null = null
  #outgoing: OutgoingBody | null = null
  #reading = false
  #replaced = false
  #faulty = false
  #pace: BodyPace | null = null
  /** Those that are still waiting for the body; null while nobody has asked for one. */
  #copies: CopiedBody[] | null = null
  #released = false

  constructor (options: BodyOptions) {
    this.#options = options
    this.present = options.source !== null
    this.length = options.length
  }

  /** Whether all of it has left the socket, or there was nothing to read. */
  get consumed (): boolean {
    const { source } = this.#options
    return source === null || source.readableEnded || (source as Partial<IncomingMessage>).complete === true
  }

  /** Whether more of it is to come and upstream would take it. */
  get awaitsClient (): boolean {
    return !this.consumed && this.#outgoing?.isPaused() !== true
  }

  /** Value of the client's Trailer field where trailer fields may follow (RFC 9110 6.6.2), else null. Another body has none of them. */
  get trailer (): string | null {
    const { rawHeaders = [] } = this.#options.source as Partial<IncomingMessage>
    if (this.length !== null || this.#replaced) return null
    const values = rawHeaders.filter((_, i) => i % 2 === 1 && rawHeaders[i - 1]!.toLowerCase() === 'trailer')
    return values.length === 0 ? null : values.join(',')
  }

  /** The trailer fields as they came, name, value, name, value; known once the body has ended. */
  get rawTrailers (): readonly string[] {
    return (this.#options.source as Partial<IncomingMessage>).rawTrailers ?? []
  }

  hold (maxBytes: number): Promise<Uint8Array | null> {
    if (this.held !== null) return Promise.resolve(this.held.byteLength <= maxBytes ? this.held : null)
    const { source, budget } = this.#options
    if (source === null) {
      this.held = Buffer.alloc(0)
      return Promise.resolve(this.held)
    }
    // Two readers at once would each get a part: the second waits, and finds what the first has left.
    if (this.#holding !== null) return this.#holding.then(() => this.hold(maxBytes))
    const known = this.length ?? this.#atLeast
    if (this.#outgoing !== null || known > Math.min(maxBytes, budget.left)) return Promise.resolve(null)
    if (this.#failure !== null) return Promise.reject(this.#failure)
    return source.destroyed ? Promise.reject(new GatewayError('GW_BAD_BODY')) : this.#collect(source, maxBytes)
  }

  #collect (source: Readable, maxBytes: number): Promise<Uint8Array | null> {
    this.#begin()
    const collector = new BodyCollector(source, { maxBytes, limit: this.#max, idleMs: this.#options.idleMs, take: bytes => this.#take(bytes) })
    this.#collector = collector
    const free = () => {
      this.#holding = null
      this.#collector = null
    }
    this.#holding = collector.whole.then(bytes => this.#collected(bytes, collector.size))
    this.#holding.then(free, () => {
      free()
      this.over(false)
    })
    return this.#holding
  }

  replace (bytes: Uint8Array): void {
    this.held = bytes
    this.#replaced = true
    if (this.#outgoing === null) this.#copyHeld(bytes)
  }

  copy (maxBytes: number): BodyCopy {
    const { source, budget } = this.#options
    // No filter that needs a body may go without because somebody looks on
    const copy = new CopiedBody(maxBytes, budget.spare)
    if (this.held !== null || source === null) {
      if (this.held !== null) copy.add(this.held)
      copy.end(true)
    } else if (this.#isGone(source)) copy.end(false)
    else (this.#copies ??= []).push(copy)
    return copy
  }

  limit (maxBytes: number, over: (() => void) | null): void {
    const known = this.held?.byteLength ?? this.length
    if (known !== null && known > maxBytes) throw new GatewayError('GW_BODY_TOO_LARGE')
    if (over) (this.#watchers ??= []).push({ max: maxBytes, over })
    else this.#max = Math.min(this.#max, maxBytes)
  }

  /** What goes upstream: null, the held bytes, or the stream itself, counted and limited as it passes; that can be had once only. */
  outgoing (): Uint8Array | Readable | null {
    if (this.held !== null) return this.held.byteLength > 0 ? this.held : null
    const { source } = this.#options
    if (source === null) return null
    if (this.#outgoing !== null) throw new Error('a streamed request body was sent twice')
    this.#begin()
    this.#outgoing = new OutgoingBody(source, this)
    return this.#outgoing
  }

  /** Length of what goes upstream, null for unknown or nothing. */
  get outgoingLength (): number | null {
    return this.held !== null && (this.present || this.#replaced) ? this.held.byteLength : this.length
  }

  /** Whether the same bytes can be sent once more. */
  get replayable (): boolean {
    return this.held !== null || !this.present
  }

  /** Whether it can be sent now. */
  get sendable (): boolean {
    return this.replayable || this.#outgoing === null
  }

  /** Whoever waits for the body, or will, waits in vain: the request is malformed, or out of time. */
  fail (error: GatewayError): void {
    this.#failure ??= error
    this.#collector?.giveUp(error)
    this.over(false)
  }

  /** Lets go of what was held. Copies keep what they have. */
  release (): void {
    this.#released = true
    this.#giveBack()
    this.#pace?.stop()
    this.over(false)
  }

  arrived (chunk: Buffer): boolean {
    this.received += chunk.byteLength
    if (this.#faulty) return false
    this.#pace!.moved(this.received)
    if (this.received > this.#max) this.#fault('GW_BODY_TOO_LARGE')
    this.#watch(this.received)
    if (this.#copies !== null && !this.#faulty) for (const copy of this.#copies) copy.add(chunk)
    return !this.#faulty
  }

  goesOn (): void {
    this.#pace ??= new BodyPace(this.#options.idleMs, () => { this.#fault('GW_REQUEST_TIMEOUT') })
    this.#pace.start(this.received)
  }

  waits (): void {
    this.#pace?.stop()
  }

  over (whole: boolean): void {
    const copies = this.#copies
    this.#copies = null
    endCopies(copies, whole)
  }

  #copyHeld (bytes: Uint8Array): void {
    if (this.#copies !== null) for (const copy of this.#copies) copy.add(bytes)
    this.over(true)
  }

  /** On its way already, or never to come. */
  #isGone (source: Readable): boolean {
    return this.#outgoing !== null || this.#released || this.#failure !== null || source.destroyed
  }

  #fault (code: 'GW_BODY_TOO_LARGE' | 'GW_REQUEST_TIMEOUT'): void {
    if (this.#faulty) return
    this.#faulty = true
    this.#options.onFault(new GatewayError(code))
    this.over(false)
  }

  #giveBack (): void {
    this.#options.budget.give(this.#taken)
    this.#taken = 0
  }

  #begin (): void {
    if (this.#reading) return
    this.#reading = true
    this.#options.onRead?.()
  }

  #collected (bytes: Buffer | null, size: number): Uint8Array | null {
    if (bytes === null) {
      this.#atLeast = size
      this.#giveBack()
      return null
    }
    this.received = size
    if (!this.#replaced) this.held = bytes
    this.#watch(size)
    this.#copyHeld(this.held!)
    return this.held
  }

  #take (bytes: number): boolean {
    const taken = this.#options.budget.take(bytes)
    if (taken) this.#taken += bytes
    return taken
  }

  #watch (size: number): void {
    if (this.#watchers === null) return
    this.#watchers = this.#watchers.filter(({ max, over }) => {
      if (size > max) over()
      return size <= max
    })
  }
}
