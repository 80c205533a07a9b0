import { Agent } from 'undici'
import { OutboundError, type Outbound, type OutboundReply, type OutboundRequest } from '../contract/outbound.ts'
import { OutboundCall } from './outbound-call.ts'
import { outboundConnector, type OutboundConnector } from './outbound-connector.ts'

/** Bounds of all outbound calls together. */
export interface OutboundOptions {
  /** Open connections to one origin; further calls wait for one. */
  readonly connections?: number
  /** Calls under way and waiting at one time; more fail at once. */
  readonly maxCalls?: number
  /** How long opening a connection may take, whatever the call's own timeout. */
  readonly connectTimeoutMs?: number
  /** Sets of trusted authorities that have connections of their own; beyond this the least lately used loses them. */
  readonly maxAuthorities?: number
}

const DEFAULTS: Required<OutboundOptions> = { connections: 16, maxCalls: 1024, connectTimeoutMs: 5000, maxAuthorities: 16 }

/** Some of what is asked refuses whoever has no name. */
const OWN_HEADERS = { 'user-agent': 'gatehouse', accept: '*/*' }

interface Trusting { readonly agent: Agent, readonly connector: OutboundConnector }

/** Calls of the gateway itself, by undici: no redirect is followed, no proxy of the environment used, nothing decompressed, nothing repeated. */
export function undiciOutbound (options: OutboundOptions = {}): Outbound & { close(): Promise<void> } {
  return new UndiciOutbound({ ...DEFAULTS, ...options })
}

class UndiciOutbound implements Outbound {
  readonly #options: Required<OutboundOptions>
  /** By the PEM of what they trust; the least lately used first. */
  readonly #agents = new Map<string, Trusting>()
  /** Those that lost their place, with calls that still go on. */
  readonly #leaving = new Set<Trusting>()
  #calls = 0
  #closed = false

  constructor (options: Required<OutboundOptions>) {
    this.#options = options
  }

  async ask (request: OutboundRequest): Promise<OutboundReply> {
    const { url, method = 'GET', headers = {}, body = null } = request
    const { origin, target, path } = addressed(url, method)
    if (this.#closed) throw new OutboundError('unreachable', `${target}: the gateway is stopping`)
    if (this.#calls >= this.#options.maxCalls) throw new OutboundError('unreachable', `${target}: too many calls at one time`)
    const { agent } = this.#trusting(request.ca)
    return await new Promise((resolve, reject) => {
      this.#calls++
      const call = new OutboundCall(request, target, { resolve, reject, ended: () => { this.#calls-- } })
      agent.dispatch({ origin, path, method, headers: sent(headers), body }, call)
    })
  }

  /** Ends every call and connection at once. */
  async close (): Promise<void> {
    this.#closed = true
    const all = [...this.#agents.values(), ...this.#leaving]
    this.#agents.clear()
    this.#leaving.clear()
    for (const { connector } of all) connector.destroy()
    await Promise.all(all.map(async ({ agent }) => { await agent.destroy() }))
  }

  #trusting (ca: string | undefined): Trusting {
    const key = ca ?? ''
    const trusting = this.#agents.get(key) ?? this.#connect(ca)
    this.#agents.delete(key)
    this.#agents.set(key, trusting)
    if (this.#agents.size > this.#options.maxAuthorities + 1) this.#letGo()
    return trusting
  }

  #connect (ca: string | undefined): Trusting {
    const { connections, connectTimeoutMs } = this.#options
    const connector = outboundConnector(connectTimeoutMs, ca)
    // The call's own timeout covers all of these; Milo is a parser that the environment could choose
    const agent = new Agent({ connections, pipelining: 1, allowH2: false, useMilo: false, headersTimeout: 0, bodyTimeout: 0, maxHeaderSize: 16_384, connect: connector.connect })
    return { agent, connector }
  }

  #letGo (): void {
    const [key, trusting] = this.#agents.entries().next().value!
    this.#agents.delete(key)
    this.#leaving.add(trusting)
    const gone = () => { this.#leaving.delete(trusting) }
    trusting.agent.close().then(gone, gone)
  }
}

/** Where a call goes. `target` is what logs may have of it: no query, no credentials. */
function addressed (url: string, method: string): { origin: string, path: string, target: string } {
  const { protocol, origin, pathname, search } = URL.parse(url) ?? { protocol: '', origin: '', pathname: '', search: '' }
  if (protocol !== 'https:' && protocol !== 'http:') throw new OutboundError('unreachable', `${method}: not an http or https URL`)
  return { origin, path: pathname + search, target: `${method} ${origin}${pathname}` }
}

function sent (headers: Readonly<Record<string, string>>): Record<string, string> {
  const given = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
  return { ...OWN_HEADERS, ...given, 'accept-encoding': 'identity' }
}
