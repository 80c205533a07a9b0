import t, { type Test } from 'tap'
import { defineFilter, ERRORS, refuse, Type, type ErrorCode } from '../../src/contract/index.ts'
import { framing } from './cases/framing.ts'
import { header } from './cases/header.ts'
import { path } from './cases/path.ts'
import { requestLine } from './cases/request-line.ts'
import type { WireCase } from './cases/wire-case.ts'
import { startGateway } from './harness/gateway.ts'
import { rawClient, type Answer, type RawClient } from './harness/raw-client.ts'
import { rawUpstream, type RawUpstream, type Received } from './harness/raw-upstream.ts'

const FAMILIES = { framing, path, 'request-line': requestLine, header }
const PROBE = 'GET /probe HTTP/1.1\r\nHost: gw.test\r\n\r\n'

const deny = defineFilter({
  name: 'deny',
  config: Type.Object({}),
  refuses: ['GW_FORBIDDEN'],
  create: () => ({ request: x => { refuse(x, 'GW_FORBIDDEN') } })
})
const ROUTES = [
  { id: 'admin', predicates: [{ path: ['/admin', '/admin/**'] }], filters: ['deny'] },
  { id: 'open', predicates: [{ path: '/open/**' }], allowPath: ['encoded-slash', 'semicolon'], upstream: 'up' },
  { id: 'all', predicates: [{ path: '/**' }], upstream: 'up' }
]

/** One upstream and a gateway for strangers, and one that trusts this machine. */
async function start (t: Test) {
  const upstream = await rawUpstream(t)
  const setup = { upstreams: { up: { endpoints: [upstream.url] } }, routes: ROUTES, filters: [deny] }
  const gateway = await startGateway(t, { ...setup, gateway: { accessLog: false } })
  const trusting = await startGateway(t, { ...setup, gateway: { accessLog: false, trustedProxies: ['127.0.0.0/8'] } })
  return { upstream, portFor: ({ trusted }: WireCase) => (trusted ? trusting : gateway).port }
}

t.test('every row of the corpus ends as it must', async t => {
  const { upstream, portFor } = await start(t)
  for (const [family, cases] of Object.entries(FAMILIES)) {
    await t.test(family, async t => {
      for (const row of cases) {
        await t.test(row.name, { timeout: 5000 }, async t => {
          upstream.requests.length = 0
          upstream.leftovers.length = 0
          await check(t, row, portFor(row), upstream)
        })
      }
    })
  }
  for (const line of table()) t.comment(line)
})

async function check (t: Test, row: WireCase, port: number, upstream: RawUpstream): Promise<void> {
  const client = await rawClient(t, port)
  await sendAll(client, row)
  for (const expected of row.answers) matches(t, await client.answer(), expected)
  if (row.stays) t.equal((await client.ask(PROBE)).status, 200, 'the connection stays')
  else {
    await client.ended
    t.equal(client.reader.rest.toString('latin1'), '', 'the connection ends, and nothing more was said')
  }
  // Whatever was let through by then has reached upstream before this.
  t.equal((await (await rawClient(t, port)).ask(PROBE)).status, 200)
  const texts = upstream.requests.map(request => textOf(request, upstream)).filter(text => !text.startsWith('GET /probe '))
  t.strictSame(texts, row.upstream, 'upstream has seen exactly this')
  t.strictSame(upstream.leftovers, row.cut === undefined ? [] : [row.cut], 'and no piece of anything else')
}

async function sendAll (client: RawClient, { send, halfClose = false }: WireCase): Promise<void> {
  for (const piece of typeof send === 'string' ? [send] : send) {
    client.send(piece)
    await new Promise(resolve => { setImmediate(resolve) })
  }
  if (halfClose) client.socket.end()
}

function matches (t: Test, answer: Answer, expected: number | ErrorCode): void {
  if (typeof expected === 'number') t.equal(answer.status, expected)
  else t.match({ status: answer.status, code: answer.code }, { status: ERRORS[expected].status, code: expected })
}

const textOf = ({ head, body }: Received, upstream: RawUpstream): string =>
  head.replace(`127.0.0.1:${upstream.port}`, '{upstream}').replace(/(?<=x-request-id: )[0-9a-f-]{36}/, '{id}') + body.toString('latin1')

/** The corpus as a table: what is sent, what comes back, what becomes of the connection, how much upstream sees. */
function table (): string[] {
  const rows = Object.entries(FAMILIES).flatMap(([family, cases]) => cases.map(({ name, answers, stays, upstream, trusted }) =>
    `${family.padEnd(13)}| ${(trusted ? '(trusted peer) ' : '') + name.slice(0, 60)} | ${answers.join(' ') || 'no answer'} | ${stays ? 'stays' : 'ends'} | ${upstream.length}`))
  const counts = Object.entries(FAMILIES).map(([family, cases]) => `${family} ${cases.length}`)
  return ['family       | bytes | answers | connection | requests upstream', ...rows, `${rows.length} rows: ${counts.join(', ')}`]
}
