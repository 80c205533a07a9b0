import type { Contender } from './harness/contender.ts'
import { caddy } from './servers/caddy.ts'
import { EIGHT_FILTERS, gatehouse } from './servers/gatehouse.ts'
import { haproxy } from './servers/haproxy.ts'
import { nginx } from './servers/nginx.ts'
import { nodeProxy } from './servers/node-proxy.ts'

/** The runtime's floor: `node:http` and undici's `dispatch`, and nothing else. */
export const floor = nodeProxy('floor')

/** Gatehouse in the ways that targets are about. */
export const plain = gatehouse('gatehouse')
export const filtering = gatehouse('gatehouse-8', { filters: EIGHT_FILTERS })

/** The other gateways and proxies on Node. */
export const nodePeers: readonly Contender[] = ['fastify-http-proxy', 'fast-gateway', 'http-proxy-3'].map(nodeProxy)

/** All rows of the proxy table, in its order. The access log goes to a file: it has to be written somewhere. */
export const contenders: readonly Contender[] = [floor, plain, gatehouse('gatehouse-log', { accessLog: true }), filtering, ...nodePeers, nginx, haproxy, caddy]

export { caddy, nginx }
