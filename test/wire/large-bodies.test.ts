import { once } from 'node:events'
import { createServer, request as requestHttp, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Readable, Writable } from 'node:stream'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import t from 'tap'
import { startGateway } from './harness/gateway.ts'

const MIB = 1024 ** 2
const TOTAL = 256 * MIB
/** What is freed is swept in the background, so that the reading lags; whoever held the body would need all of it. */
const LIMIT_MIB = 128
const PIECE = Buffer.alloc(MIB, 'gatehouse')

async function fill (stream: Writable): Promise<void> {
  for (let sent = 0; sent < TOTAL; sent += PIECE.length) if (!stream.write(PIECE)) await once(stream, 'drain')
  stream.end()
}

async function count (stream: Readable): Promise<number> {
  let bytes = 0
  for await (const chunk of stream) bytes += (chunk as Buffer).length
  return bytes
}

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

/** The most memory that buffers in use took while something was going on. */
async function peakMiB<T> (work: () => Promise<T>): Promise<{ result: T, peak: number }> {
  const inUse = () => {
    collectGarbage()
    return process.memoryUsage().arrayBuffers
  }
  const before = inUse()
  let peak = 0
  const timer = setInterval(() => { peak = Math.max(peak, inUse() - before) }, 200)
  const result = await work()
  clearInterval(timer)
  return { result, peak: peak / MIB }
}

t.test('256 MiB pass in both directions in little memory', async t => {
  const server = createServer((req, res) => {
    if (req.method === 'GET') fill(res)
    else count(req).then(bytes => { res.end(String(bytes)) })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => { server.closeAllConnections(); server.close() })
  const { port } = await startGateway(t, { upstream: `http://127.0.0.1:${(server.address() as AddressInfo).port}` })

  await t.test('down', async t => {
    const { result, peak } = await peakMiB(async () => {
      const req = requestHttp({ port, host: '127.0.0.1', agent: false }).end()
      const [res] = await once(req, 'response') as [IncomingMessage]
      return await count(res)
    })
    t.equal(result, TOTAL)
    t.ok(peak < LIMIT_MIB, `${peak.toFixed()} MiB of buffers at most`)
  })

  for (const headers of [{ 'content-length': TOTAL }, {}]) {
    await t.test(`up, ${'content-length' in headers ? 'with a length' : 'chunked'}`, async t => {
      const { result, peak } = await peakMiB(async () => {
        const req = requestHttp({ port, host: '127.0.0.1', agent: false, method: 'POST', headers })
        const answered = once(req, 'response') as Promise<[IncomingMessage]>
        await fill(req)
        const [res] = await answered
        return Number(String((await res.toArray())[0]))
      })
      t.equal(result, TOTAL)
      t.ok(peak < LIMIT_MIB, `${peak.toFixed()} MiB of buffers at most`)
    })
  }
})
