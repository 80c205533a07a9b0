import t from 'tap'
import { startGateway } from './harness/gateway.ts'
import { rawClient } from './harness/raw-client.ts'
import { OK, rawUpstream } from './harness/raw-upstream.ts'

const GET = 'GET /x HTTP/1.1\r\nHost: gw.test\r\n\r\n'

/** What keeps the process alive. */
const handles = (): string[] => process.getActiveResourcesInfo().filter(name => name !== 'Immediate').sort()

/** Closing takes the kernel a few turns of the loop; what is still there after that stays. */
async function settled (wanted: readonly string[]): Promise<string[]> {
  for (let i = 0; i < 100 && handles().join() !== wanted.join(); i++) await new Promise(resolve => { setImmediate(resolve) })
  return handles()
}

t.test('nothing is left when a gateway is closed, whatever it was doing', async t => {
  const before = handles()
  await t.test('a busy gateway', async t => {
    const upstream = await rawUpstream(t, () => {})
    const silent = await rawUpstream(t, () => {})
    const routes = [
      { id: 'tls', predicates: [{ path: '/tls' }], upstream: `https://127.0.0.1:${silent.port}` },
      { id: 'all', predicates: [{ path: '/**' }], upstream: upstream.url, timeout: '1h', timeouts: { head: '1h' } }
    ]
    const { port, gateway } = await startGateway(t, { routes, gateway: { drain: '1ms' } })
    ;(await rawClient(t, port)).send(GET)
    ;(await rawClient(t, port)).send('GET /tls HTTP/1.1\r\nHost: gw.test\r\n\r\n')
    ;(await rawClient(t, port)).send('GET /x HTTP/1.1\r\nHost: gw.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
    ;(await rawClient(t, port)).send('POST /x HTTP/1.1\r\nHost: gw.test\r\nContent-Length: 10\r\n\r\nhello')
    ;(await rawClient(t, port)).send('POST /x HTTP/1.1\r\nHost: gw.test\r\nTrailer: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n')
    await upstream.request(3)
    await gateway.close()
  })
  t.same(await settled(before), before)
})

t.test('nothing is left of a gateway that has done its work', async t => {
  const before = handles()
  await t.test('a gateway that served', async t => {
    const upstream = await rawUpstream(t, ({ socket }) => { socket.write(OK) })
    const { port, gateway } = await startGateway(t, { upstream: upstream.url, route: { timeout: '1h' } })
    for (const bytes of [GET, 'GET /../x HTTP/1.1\r\nHost: gw.test\r\n\r\n']) await (await rawClient(t, port)).ask(bytes)
    await gateway.close()
  })
  t.same(await settled(before), before)
})
