import type { Setup } from './running.ts'
import { route } from './running.ts'

/** Where the peers of a gateway are that uses all there is against load and bad upstreams. */
export interface Peers {
  /** Origins: two that answer, one that is down. */
  readonly a: string
  readonly b: string
  readonly down: string
  /** `gateway.redis`. */
  readonly redis: object
  readonly webhook: string
  /** Path of a file of endpoints. */
  readonly file: string
  /** A name with addresses and a service record, and the port for the first. */
  readonly domain: string
  readonly port: number
}

/** A route file with every room and every way to look after upstreams. `version`: stands in one place or another of it, so that each time something is another. */
export function everything ({ a, b, down, redis, webhook, file, domain, port }: Peers, version = 0): Setup {
  const turn = (n: number) => version % 7 === n ? version : 0
  const health = { path: '/healthz', interval: '50ms', timeout: `${1000 + turn(1)}ms` }
  return {
    gateway: { zone: 'here', redis },
    keyRings: { sticky: 'ephemeral' },
    upstreams: {
      orders: {
        endpoints: [{ url: a, zone: 'here', weight: 1 + turn(0) }, { url: b, zone: 'there' }, { url: down, priority: 1 }],
        discover: [{ file }, { dns: `http://${domain}:${port}` }, { srv: `_http._tcp.${domain}` }],
        balance: 'ewma',
        sticky: {},
        slowStart: '10s',
        health,
        ejection: { consecutive: 1, successRate: { below: '50%' } },
        connections: 50,
        pending: 10
      },
      canary: { endpoints: [a, b], health: { interval: '20ms' }, balance: { 'consistent-hash': { by: { header: 'X-Key' } } } },
      broken: { endpoints: [down, 'http://127.0.0.1:1'], ejection: { time: `${30_000 + turn(2)}ms` } }
    },
    // A machine that has no time for a test is no overload
    filters: [{ 'load-shed': { delay: '10s', priority: { expression: 'request.method == "GET" ? "normal" : "low"' } } }],
    routes: [
      route('orders', [
        { 'rate-limit': { rate: `${1000 + turn(3)}/s`, burst: 5000, by: 'address' } },
        { 'rate-limit': { limits: [{ rate: '1000/s', by: { header: 'X-Key' }, mode: 'leased', burst: 4000, emptyKey: 'shared' }, { rate: '5000/s', by: 'route' }], onError: 'open', headers: 'both' } },
        { 'concurrency-limit': { limit: 20, queue: 20, wait: '5s' } },
        { 'circuit-breaker': { by: 'endpoint', window: 20 + turn(4), fallback: { cached: {}, upstream: 'canary' }, webhook } },
        { timeout: '4s' }, { retry: { backoff: { first: '1ms' }, perTry: '2s' } }, { hedge: { after: 'p95', samples: 10, budget: { share: '50%' } } },
        { fault: { delay: { time: '1ms', share: '10%' } }, when: '"x-drill" in request.headers' }
      ], { split: [{ to: 'orders', weight: 90 }, { to: 'canary', weight: 10 }], by: { header: 'X-Key' } }, { timeout: '5s' }),
      route('broken', [{ 'circuit-breaker': { window: 2, minimumCalls: 2, openFor: '1h', by: { header: 'X-Key' }, emptyKey: 'shared', fallback: { route: 'sorry' }, webhook } }], 'broken', { metadata: { version: turn(5) } }),
      route('sorry', ['fallback-headers', { respond: { status: 203, body: `sorry ${turn(6)}` } }], null)
    ]
  }
}
