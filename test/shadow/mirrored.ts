import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Test } from 'tap'
import type { ShadowView } from '../../plugins/filters/shadow/shadow-view.ts'
import { route, running, type Running, type Setup } from '../resilience/running.ts'
import { upstream, type Answering, type Upstream } from '../resilience/upstream.ts'

/** Machines of tests are busy with other things: for a `shadow` that mirrors all the same. */
export const UNHURRIED = { shed: { eventLoopDelay: '1h', memory: '100%' } }

/** Answers with this JSON. */
export const json = (value: unknown, status = 200): Answering => (_req: IncomingMessage, res: ServerResponse) => { res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value)) }

/** A gateway with one route, `/orders/**`, a live upstream and shadows. */
export interface Mirrored extends Running {
  readonly live: Upstream
  readonly shadows: readonly Upstream[]
  view(shadow: string): Promise<ShadowView>
  /** How often this has been decided of requests to a shadow, by `result reason`. */
  decided(shadow: string, result: string, reason?: string): number
}

/** What stands beside the shadow filter. */
export interface MirroredOptions { readonly before?: readonly unknown[], readonly after?: readonly unknown[], readonly names?: readonly string[], readonly gateway?: Setup['gateway'], readonly more?: Readonly<Record<string, object>>, readonly route?: object, readonly keyRings?: Setup['keyRings'] }

/** Builds one: `shadow` is the config of the filter, its upstreams are called `next` and `other`, or by `names`. */
export async function mirrored (t: Test, shadow: object, { before = [], after = [], names = ['next'], gateway = {}, more = {}, route: keys = {}, keyRings = {} }: MirroredOptions = {}): Promise<Mirrored> {
  const live = await upstream(t, json({ from: 'live' }), 'live')
  const shadows = await Promise.all(names.map(name => upstream(t, json({ from: 'live' }), name)))
  const endpoints = Object.fromEntries(shadows.map((one, i) => [names[i]!, { endpoints: [one.url], ...more[names[i]!] }]))
  const gate = await running(t, {
    gateway,
    keyRings,
    upstreams: { orders: { endpoints: [live.url] }, ...endpoints },
    routes: [route('orders', [...before, { shadow: { ...UNHURRIED, ...shadow } }, ...after], 'orders', keys as never)]
  })
  return {
    ...gate,
    live,
    shadows,
    view: async name => (await gate.operate(`/shadow/orders/${name}`)).body as never,
    decided: (name, result, reason) => gate.metric('gatehouse_shadow_total', { shadow: name, result, ...reason !== undefined && { reason } })
  }
}
