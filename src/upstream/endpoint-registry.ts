import { Endpoint, type EndpointOptions } from './endpoint.ts'

/**
 * The connection pools of the process, shared by every plan that means the same address in the same way, so that a reload
 * keeps warm connections. A pool is closed when the last plan has let go of it.
 */
export class EndpointRegistry {
  readonly #held = new Map<string, { endpoint: Endpoint, users: number }>()
  /** Given up, but with calls that still go on. */
  readonly #closing = new Set<Endpoint>()

  get size (): number { return this.#held.size }

  acquire (options: EndpointOptions): Endpoint {
    const key = JSON.stringify(options)
    let held = this.#held.get(key)
    if (!held) {
      held = { endpoint: new Endpoint(options), users: 0 }
      this.#held.set(key, held)
    }
    held.users++
    return held.endpoint
  }

  release (options: EndpointOptions): void {
    const key = JSON.stringify(options)
    const held = this.#held.get(key)
    if (!held || --held.users > 0) return
    this.#held.delete(key)
    const { endpoint } = held
    this.#closing.add(endpoint)
    const closed = () => { this.#closing.delete(endpoint) }
    endpoint.pool.close().then(closed, closed)
  }

  /** Ends every connection at once; resolves when they are closed. */
  async destroy (): Promise<void> {
    const open = [...[...this.#held.values()].map(({ endpoint }) => endpoint), ...this.#closing]
    this.#held.clear()
    this.#closing.clear()
    await Promise.all(open.map(async endpoint => { await endpoint.destroy() }))
  }
}
