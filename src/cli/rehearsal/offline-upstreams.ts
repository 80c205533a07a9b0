import { buffer } from 'node:stream/consumers'
import type { Readable } from 'node:stream'
import { ERRORS, GatewayError } from '../../contract/errors.ts'
import type { Exchange } from '../../contract/exchange.ts'
import type { Reply } from '../../contract/reply.ts'
import { HeaderList } from '../../contract/header-list.ts'
import { problem } from '../../contract/refuse.ts'
import type { Dispatch } from '../../contract/room.ts'
import type { GatewayConfig, RouteConfig } from '../../contract/route-file.ts'
import { roundRobin } from '../../upstream/balance.ts'
import { forwarder, type Forwarder } from '../../upstream/forwarded.ts'
import { announcedTrailers } from '../../upstream/send-with-trailers.ts'
import { upstreamRequest } from '../../upstream/upstream-request.ts'

/** A request at the point where it would be sent. */
export interface SentRequest {
  /** The target it was for, null where a filter has set another origin. */
  readonly to: string | null
  readonly origin: string
  readonly method: string
  /** Path and query. */
  readonly path: string
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body: Uint8Array | null
  /** The protocol it asks to switch to. */
  readonly upgrade: string | null
  /** Names of the trailer fields it announces. */
  readonly trailer: string | null
}

/** Upstreams that are never connected to: they write down what they are asked, and answer 200 without content. */
export class OfflineUpstreams {
  sent: SentRequest[] = []
  readonly #upstreams: GatewayConfig['upstreams']
  readonly #forward: Forwarder

  constructor ({ settings, upstreams }: Pick<GatewayConfig, 'settings' | 'upstreams'>) {
    this.#upstreams = upstreams
    this.#forward = forwarder(settings)
  }

  /** The call of a route. Each takes the first turn of a gateway that has just started. */
  callOf ({ targets }: RouteConfig): Dispatch {
    return async x => {
      if (x.origin !== null) return await this.#ask(x, null, x.origin)
      const target = roundRobin(targets)()
      const endpoint = target && roundRobin(endpointsOf(target.to, this.#upstreams))()
      return endpoint ? await this.#ask(x, target.to, new URL(endpoint.url).origin) : problem('GW_NO_ENDPOINT', x.id)
    }
  }

  async #ask (x: Exchange, to: string | null, origin: string): Promise<Reply> {
    x.attempt++
    x.endpoint = origin
    const { method, path, headers } = upstreamRequest(x, new URL(origin).host, this.#forward, x.body.outgoingLength)
    const trailer = x.body.present ? announcedTrailers(x) : null
    const body = await bytesOf(x.body.outgoing())
    if (x.aborted) return failed(x, x.aborted)
    const lines = Array.from({ length: headers.length / 2 }, (_, i) => [headers[i * 2]!, headers[i * 2 + 1]!] as const)
    this.sent.push({ to, origin, method, path, headers: lines, body, upgrade: x.upgrade, trailer })
    return { status: 200, headers: new HeaderList(), body: null, code: null, trailers: null }
  }
}

/** Addresses of a target: those of the upstream it names, or itself. */
export const endpointsOf = (to: string, upstreams: GatewayConfig['upstreams']): { url: string, weight: number }[] =>
  (upstreams.get(to)?.config.endpoints ?? [to]).map(one => typeof one === 'string' ? { url: one, weight: 1 } : one)

/** A body that turns out too large ends the exchange while it is read. */
async function bytesOf (body: Uint8Array | Readable | null): Promise<Uint8Array | null> {
  return body === null || body instanceof Uint8Array ? body : await buffer(body)
}

function failed (x: Exchange, reason: Error): Reply {
  const { code, message } = reason instanceof GatewayError ? reason : new GatewayError('GW_INTERNAL')
  return problem(code, x.id, message === ERRORS[code].title ? undefined : message)
}
