import type { Endpoint, EndpointOptions } from './endpoint.ts'
import type { EndpointRegistry } from './endpoint-registry.ts'

/** Origins that filters of one route have made (set-request-uri) whose connections are kept. */
const MOST = 64

/** The addresses that filters of one route send requests to. */
export class DynamicEndpoints {
  readonly #registry: EndpointRegistry
  readonly #connectMs: number
  readonly #held = new Map<string, { endpoint: Endpoint, options: EndpointOptions }>()

  constructor (registry: EndpointRegistry, connectMs: number) {
    this.#registry = registry
    this.#connectMs = connectMs
  }

  /** The least lately made goes when there are too many. */
  of (origin: string): Endpoint {
    const known = this.#held.get(origin)
    if (known) return known.endpoint
    if (this.#held.size >= MOST) {
      const [oldest, { options }] = this.#held.entries().next().value!
      this.#held.delete(oldest)
      this.#registry.release(options)
    }
    const options: EndpointOptions = { origin, connectMs: this.#connectMs, connections: 256, pending: 256, keepAliveMs: 4000, tls: null }
    const endpoint = this.#registry.acquire(options)
    this.#held.set(origin, { endpoint, options })
    return endpoint
  }

  close (): void {
    for (const { options } of this.#held.values()) this.#registry.release(options)
    this.#held.clear()
  }
}
