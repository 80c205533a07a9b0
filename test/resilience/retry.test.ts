import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { Agent, request } from 'undici'
import retry from '../../plugins/filters/retry/index.ts'
import path from '../../plugins/predicates/path/index.ts'
import { pinoLog } from '../../src/adapters/pino-log.ts'
import { loadConfig } from '../../src/config/load-config.ts'
import { buildGateway } from '../../src/gateway.ts'
import { roomsOf } from '../../src/plan/compile-room.ts'

type Answer = (req: IncomingMessage, res: ServerResponse) => void

/** A service; what it got is counted. */
async function service (t: Test, answer: Answer) {
  const seen = { requests: 0 }
  const listen = async (port: number): Promise<Server> => {
    const server = createServer((req, res) => {
      seen.requests++
      answer(req, res)
    }).listen(port, '127.0.0.1')
    await once(server, 'listening')
    return server
  }
  let server = await listen(0)
  const { port } = server.address() as AddressInfo
  const stop = () => {
    server.close()
    server.closeAllConnections()
  }
  t.teardown(stop)
  return { url: `http://127.0.0.1:${port}`, seen, stop, start: async () => { server = await listen(port) } }
}

/** A gateway with the filter in front of these endpoints, and a client of it. */
async function gateway (t: Test, endpoints: readonly string[], config: unknown, upstream: object = {}) {
  const rooms = roomsOf([retry], [path])
  const document = {
    version: 1,
    gateway: { admin: false, listen: [{ port: 0, host: '127.0.0.1' }], accessLog: false },
    upstreams: { up: { endpoints, ...upstream } },
    routes: [{ id: 'a', predicates: [{ path: '/**' }], filters: [{ retry: config }], upstream: 'up' }]
  }
  const { config: read } = await loadConfig(['routes.yaml'], { env: {}, rooms, readFile: async () => Buffer.from(JSON.stringify(document)) })
  const built = buildGateway(read, { rooms, log: pinoLog({ level: 'silent' }) })
  const client = new Agent()
  t.teardown(async () => {
    await client.destroy()
    await built.close()
  })
  const { listeners: [listener] } = await built.listen()
  const ask = async (options: { method?: string, headers?: Record<string, string>, body?: string | Buffer } = {}) => {
    const { statusCode, body } = await request(`http://127.0.0.1:${listener!.port}/`, { ...options, dispatcher: client } as object)
    return { status: statusCode, text: await body.text() }
  }
  return { ask, metrics: built.metrics }
}

/** So many requests, so many of them at one time; the statuses they got. */
async function load (count: number, width: number, ask: () => Promise<{ status: number }>): Promise<Map<number, number>> {
  const statuses = new Map<number, number>()
  let left = count
  const work = async () => {
    while (left-- > 0) {
      const { status } = await ask()
      statuses.set(status, (statuses.get(status) ?? 0) + 1)
    }
  }
  await Promise.all(Array.from({ length: width }, work))
  return statuses
}

t.test('an upstream that fails entirely sees at most 1.2 times what clients send', async t => {
  const { url, seen } = await service(t, (_req, res) => res.writeHead(503).end('no'))
  const { ask } = await gateway(t, [url], { backoff: { first: '1ms' } })
  const statuses = await load(200, 20, ask)
  t.same([...statuses], [[503, 200]])
  t.comment(`200 requests, ${seen.requests} calls`)
  t.ok(seen.requests <= 240, String(seen.requests))
  t.ok(seen.requests > 200, 'and something is tried again')
})

t.test('so does one that breaks every connection', async t => {
  const { url, seen } = await service(t, req => { req.socket.destroy() })
  const { ask } = await gateway(t, [url], { backoff: { first: '1ms' } })
  const statuses = await load(200, 20, ask)
  t.same([...statuses], [[502, 200]])
  t.comment(`200 requests, ${seen.requests} calls`)
  t.ok(seen.requests <= 240, String(seen.requests))
})

t.test('three endpoints are restarted one after the other under load, and no client notices', async t => {
  const answer: Answer = (_req, res) => { setTimeout(() => { res.end('here') }, 2) }
  const services = await Promise.all([1, 2, 3].map(() => service(t, answer)))
  const { ask } = await gateway(t, services.map(({ url }) => url), { backoff: { first: '2ms' } })
  const running = { on: true }
  const statuses = new Map<number, number>()
  const work = async () => {
    while (running.on) {
      const { status } = await ask()
      statuses.set(status, (statuses.get(status) ?? 0) + 1)
    }
  }
  const working = Array.from({ length: 12 }, work)
  for (const one of services) {
    await wait(30)
    one.stop()
    await wait(60)
    await one.start()
  }
  await wait(30)
  running.on = false
  await Promise.all(working)
  t.comment(`three restarts, ${statuses.get(200)} requests answered, ${[...statuses.values()].reduce((a, b) => a + b) - statuses.get(200)!} failed`)
  t.same([...statuses.keys()], [200])
  t.ok(statuses.get(200)! > 100, String(statuses.get(200)))
  for (const { seen } of services) t.ok(seen.requests > 10)
})

t.test('a POST with a key is sent again with the same bytes', async t => {
  const bodies: string[] = []
  const { url } = await service(t, (req, res) => {
    const chunks: Buffer[] = []
    req.on('data', (chunk: Buffer) => chunks.push(chunk))
    req.on('end', () => {
      bodies.push(`${req.headers['content-length']} ${Buffer.concat(chunks).toString('latin1')}`)
      res.writeHead(bodies.length === 1 ? 503 : 200).end('here')
    })
  })
  const { ask } = await gateway(t, [url], { backoff: { first: '1ms' } })
  const body = Buffer.from([0, 1, 250, 255, 10, 13])
  t.same(await ask({ method: 'POST', headers: { 'idempotency-key': 'k' }, body }), { status: 200, text: 'here' })
  const sent = `6 ${body.toString('latin1')}`
  t.same(bodies, [sent, sent])
})

t.test('a body over 64 KiB streams through and is not sent again', async t => {
  let bytes = 0
  const { url, seen } = await service(t, (req, res) => {
    req.on('data', (chunk: Buffer) => { bytes += chunk.byteLength })
    req.on('end', () => res.writeHead(503).end())
  })
  const { ask, metrics } = await gateway(t, [url], null)
  t.equal((await ask({ method: 'PUT', body: Buffer.alloc(65_537) })).status, 503)
  t.same([seen.requests, bytes], [1, 65_537])
  const counted = metrics.samples().find(({ name, labels }) => name === 'gatehouse_retries_total' && labels['outcome'] === 'body-too-large')
  t.equal(counted?.value, 1)
})

t.test('a small answer that breaks off after its head is asked for again, and the client gets a whole one', async t => {
  let calls = 0
  const { url } = await service(t, (_req, res) => {
    res.writeHead(200, { 'content-length': '10' })
    res.write('01234')
    if (++calls === 1) setTimeout(() => { res.destroy() }, 5)
    else res.end('56789')
  })
  const { ask } = await gateway(t, [url], { backoff: { first: '1ms' } })
  t.same(await ask(), { status: 200, text: '0123456789' })
  t.equal(calls, 2)
})

t.test('an answer that takes longer than one try may is asked for again', async t => {
  let calls = 0
  const { url } = await service(t, (_req, res) => { if (++calls > 1) res.end('here') })
  const { ask } = await gateway(t, [url], { perTry: '50ms', backoff: { first: '1ms' } })
  t.same(await ask(), { status: 200, text: 'here' })
  t.equal(calls, 2)
})
