import t from 'tap'
import { HeaderList, heldBody, type BodyStream, type Reply } from '../../src/contract/index.ts'
import { startGateway } from './harness/gateway.ts'
import { probe } from './harness/filters.ts'
import { rawClient } from './harness/raw-client.ts'
import { rawUpstream } from './harness/raw-upstream.ts'

const GET = 'GET /x HTTP/1.1\r\nHost: gw.test\r\n\r\n'

/** What a client gets where a filter makes such a reply of upstream's. */
async function answered (t: Parameters<typeof startGateway>[0], change: (reply: Reply) => void, request = GET, method = 'GET') {
  const upstream = await rawUpstream(t)
  const odd = probe('odd', { response: x => { change(x.reply!) } })
  const { port, lines } = await startGateway(t, { upstream: upstream.url, filters: [odd], route: { filters: ['odd'] } })
  const client = await rawClient(t, port)
  const answer = await client.ask(request, method)
  t.equal((await client.ask('OPTIONS * HTTP/1.1\r\nHost: gw.test\r\n\r\n')).status, 204, 'the connection stays')
  return { answer, lines }
}

t.test('a reply that cannot be written is 500, and whoever made it is told', async t => {
  const changes: ((reply: Reply) => void)[] = [reply => { reply.status = 1000 }, reply => { reply.headers.flat.push('x-a', 'b\r\nx-c: d') }, reply => { reply.headers = new HeaderList(['x a', 'b']) }]
  for (const change of changes) {
    const { answer, lines } = await answered(t, change)
    t.same([answer.status, answer.code, answer.header('x-c')], [500, 'GW_INTERNAL', undefined])
    t.match(lines.filter(line => line['log.level'] === 'error'), [{ 'gatehouse.route': 'all' }])
  }
})

t.test('HEAD lets go of a body that is still arriving', async t => {
  let cancelled = false
  const stream: BodyStream = { ended: false, hold: () => Promise.resolve(null), copy: max => heldBody(null).copy(max), cancel: () => { cancelled = true } }
  const { answer } = await answered(t, reply => { reply.body = stream }, GET.replace('GET', 'HEAD'), 'HEAD')
  t.same([answer.status, cancelled], [200, true])
})

t.test('bytes and text in the place of a body get their own length', async t => {
  for (const body of ['café', Buffer.from('café'), 'x'.repeat(100_000), Buffer.alloc(100_000, 'x'), '', null]) {
    const { answer } = await answered(t, reply => { reply.body = body })
    t.same([answer.header('content-length'), answer.body.equals(Buffer.from(body ?? ''))], [String(Buffer.byteLength(body ?? '')), true])
  }
})
