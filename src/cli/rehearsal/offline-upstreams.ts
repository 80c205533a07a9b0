import { buffer } from 'node:stream/consumers'
import type { Readable } from 'node:stream'
import { ERRORS, GatewayError } from '../../contract/errors.ts'
import type { Exchange } from '../../contract/exchange.ts'
import type { Reply } from '../../contract/reply.ts'
import { HeaderList } from '../../contract/header-list.ts'
import { problem } from '../../contract/refuse.ts'
import type { Dispatch } from '../../contract/room.ts'
import type { GatewayConfig, RouteConfig } from '../../contract/route-file.ts'
import type { Expressions, Random } from '../../contract/services.ts'
import { forwarder, type Forwarder } from '../../upstream/forwarded.ts'
import { announcedTrailers } from '../../upstream/send-with-trailers.ts'
import { splitOf } from '../../upstream/split.ts'
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
  readonly #zone: string | null
  readonly #forward: Forwarder
  readonly #services: { random: Random, expressions: Expressions }

  /** `random` draws among targets of a route. */
  constructor ({ settings, upstreams }: Pick<GatewayConfig, 'settings' | 'upstreams'>, services: { random: Random, expressions: Expressions }) {
    this.#upstreams = upstreams
    this.#zone = settings.zone ?? null
    this.#forward = forwarder(settings)
    this.#services = services
  }

  /** The call of a route, to the endpoint that is asked first by a gateway that has just started. */
  callOf (route: RouteConfig): Dispatch {
    const split = splitOf(route, this.#services)
    return async x => {
      if (x.origin !== null) return await this.#ask(x, null, x.origin)
      const target = route.targets[split(x)]
      const endpoint = target && firstOf(endpointsOf(target.to, this.#upstreams), this.#zone)
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

/** An address as far as the files say it. */
export interface OfflineEndpoint { readonly url: string, readonly weight: number, readonly zone: string | null, readonly priority: number }

const PLACE = { weight: 1, zone: null, priority: 0 }

/** Addresses of a target: those of the upstream it names, or itself. Where they have to be found, the name that they are found by stands for all. */
export function endpointsOf (to: string, upstreams: GatewayConfig['upstreams']): OfflineEndpoint[] {
  const { endpoints = [], discover = [] } = upstreams.get(to)?.config ?? { endpoints: [to] }
  return [
    ...endpoints.map(one => typeof one === 'string' ? { url: one, ...PLACE } : { ...one, zone: one.zone ?? null }),
    ...discover.map(one => {
      if ('dns' in one) return { url: one.dns, weight: one.weight, zone: one.zone ?? null, priority: one.priority }
      return { ...PLACE, url: 'srv' in one ? `${one.scheme}://${one.srv.replace(/^(?:_[^.]*\.)+/, '')}` : `http://${to}` }
    })
  ]
}

/** The heaviest of the first priority, in the own zone where that has any. */
function firstOf (all: readonly OfflineEndpoint[], zone: string | null): OfflineEndpoint | undefined {
  const weighted = all.filter(({ weight }) => weight > 0)
  const least = Math.min(...weighted.map(({ priority }) => priority))
  const group = weighted.filter(({ priority }) => priority === least)
  const own = group.filter(one => zone !== null && one.zone === zone)
  const [first, ...others] = own.length > 0 ? own : group
  return others.reduce((best, one) => one.weight > best!.weight ? one : best, first)
}

/** A body that turns out too large ends the exchange while it is read. */
async function bytesOf (body: Uint8Array | Readable | null): Promise<Uint8Array | null> {
  return body === null || body instanceof Uint8Array ? body : await buffer(body)
}

function failed (x: Exchange, reason: Error): Reply {
  const { code, message } = reason instanceof GatewayError ? reason : new GatewayError('GW_INTERNAL')
  return problem(code, x.id, message === ERRORS[code].title ? undefined : message)
}
