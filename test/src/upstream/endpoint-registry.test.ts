import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import t from 'tap'
import { EndpointRegistry } from '../../../src/upstream/endpoint-registry.ts'
import type { EndpointOptions } from '../../../src/upstream/endpoint.ts'

const options = (more: Partial<EndpointOptions> = {}): EndpointOptions => ({ origin: 'http://127.0.0.1:1', connectMs: 1000, connections: 2, pending: 2, keepAliveMs: 1000, tls: null, ...more })

t.test('plans that mean the same address in the same way share its connections', async t => {
  const registry = new EndpointRegistry()
  const endpoint = registry.acquire(options())
  t.equal(registry.acquire(options()), endpoint)
  t.not(registry.acquire(options({ connectMs: 2000 })), endpoint)
  t.not(registry.acquire(options({ lane: 'orders/next' })), endpoint)
  t.equal(registry.size, 3)
  await registry.destroy()
})

t.test('connections are closed when the last plan has let go of them', async t => {
  const registry = new EndpointRegistry()
  const endpoint = registry.acquire(options())
  registry.acquire(options())
  registry.release(options())
  t.same([registry.size, endpoint.pool.closed], [1, false])
  registry.release(options())
  t.same([registry.size, endpoint.pool.closed], [0, true])
  registry.release(options())
  t.not(registry.acquire(options()), endpoint, 'and whoever comes later gets others')
  await registry.destroy()
})

t.test('an endpoint is full when its connections are in use and as many calls wait as may', async t => {
  const registry = new EndpointRegistry()
  for (const [pending, most] of [[0, 2], [3, 5]] as const) {
    const limited = registry.acquire(options({ pending }))
    for (let i = 0; i < most; i++) {
      t.equal(limited.full, false)
      limited.enter()
    }
    t.equal(limited.full, true)
  }
  const endpoint = registry.acquire(options())
  for (let i = 0; i < 4; i++) endpoint.enter()
  t.same([endpoint.full, endpoint.inFlight], [true, 4])
  endpoint.leave()
  t.equal(endpoint.full, false)
  await registry.destroy()
})

t.test('destroying ends calls in flight, also those of endpoints that were let go of', async t => {
  let closed: Promise<unknown> | null = null
  const server = createServer(socket => { closed = once(socket.resume(), 'close') }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => { server.close() })
  const registry = new EndpointRegistry()
  const here = options({ origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}` })
  const { pool } = registry.acquire(here)
  const failed = new Promise<Error>(resolve => {
    pool.dispatch({ method: 'GET', path: '/' }, { onRequestStart () {}, onResponseStart () {}, onResponseData () {}, onResponseEnd () {}, onResponseError (_controller, error) { resolve(error) } })
  })
  await once(server, 'connection')
  registry.release(here)
  t.equal(registry.size, 0)
  await registry.destroy()
  t.match(await failed, { code: 'UND_ERR_DESTROYED' })
  t.ok(await closed)
})

t.test('an address of an endpoint is its Host, with the port where it is not the usual one', async t => {
  const registry = new EndpointRegistry()
  t.equal(registry.acquire(options({ origin: 'http://a.test' })).authority, 'a.test')
  t.equal(registry.acquire(options({ origin: 'http://[::1]:8080' })).authority, '[::1]:8080')
  t.equal(registry.acquire(options({ origin: 'https://a.test:443' })).authority, 'a.test')
  const found = registry.acquire(options({ origin: 'https://10.0.0.7:8443', name: 'orders.svc:8443' }))
  t.same([found.origin, found.authority, found.tls?.servername], ['https://10.0.0.7:8443', 'orders.svc:8443', 'orders.svc'], 'one that was found by a name keeps that')
  t.not(registry.acquire(options({ origin: 'https://10.0.0.7:8443' })), found)
  await registry.destroy()
})
