import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { decode, encode } from 'dns-packet'
import t, { type Test } from 'tap'
import { systemClock } from '../../../../src/adapters/system-clock.ts'
import { askDns } from '../../../../src/upstream/discovery/ask-dns.ts'
import { manualClock } from '../../../../src/testing/index.ts'
import { fakeDns, srv, type DnsHandler } from './fake-dns.ts'

const NAME = '_http._tcp.orders.example'
const QUESTION = { name: NAME, type: 'SRV' } as const
const ANSWERS = [srv(NAME, 'one.example', 8080)]
const waiting = { clock: systemClock, signal: new AbortController().signal }

/** What servers that answer so say. */
async function asking (t: Test, ...handlers: DnsHandler[]) {
  const servers = await Promise.all(handlers.map(handler => fakeDns(t, handler)))
  return { servers, ask: async () => (await askDns(QUESTION, servers.map(({ server }) => server), waiting)).answers!.length }
}

t.test('asks by UDP, with another id and from another port each time', async t => {
  const ids = new Set<number>()
  const { ask, servers } = await asking(t, (_question, _via, { id }) => {
    ids.add(id!)
    return { answers: ANSWERS }
  })
  for (let i = 0; i < 8; i++) t.equal(await ask(), 1)
  t.ok(ids.size > 4)
  t.equal(servers[0]!.asked[0], `udp SRV ${NAME}`)
})

t.test('an answer that was cut is asked for by TCP', async t => {
  const many = Array.from({ length: 400 }, (_, i) => srv(NAME, `host-${i}.some.long.name.example`, 8080))
  const { ask, servers } = await asking(t, (_question, via) => via === 'udp' ? { cut: true } : { answers: many })
  t.equal(await ask(), 400)
  t.same(servers[0]!.asked, [`udp SRV ${NAME}`, `tcp SRV ${NAME}`])
})

t.test('a server that fails is passed over; all are asked twice', async t => {
  const failing: DnsHandler = () => ({ code: 2 })
  const { ask, servers } = await asking(t, failing, () => ({ answers: ANSWERS }))
  t.equal(await ask(), 1)
  t.same(servers.map(({ asked }) => asked.length), [1, 1])
  const bad = await asking(t, failing, failing)
  await t.rejects(bad.ask(), { message: /answers with code 2/ })
  t.same(bad.servers.map(({ asked }) => asked.length), [2, 2])
})

t.test('one that does not know EDNS is asked without it', async t => {
  const { ask } = await asking(t, (_question, _via, query) => query.additionals!.length > 0 ? { code: 1 } : { answers: ANSWERS })
  t.equal(await ask(), 1)
})

t.test('no such name is an answer', async t => {
  t.equal(await (await asking(t, () => ({ code: 3 }))).ask(), 0)
})

t.test('messages that are no answer to the question are passed over', async t => {
  const { ask } = await asking(t, (_question, _via, { id, questions }) => ({
    raw: [
      Buffer.from('nonsense'),
      encode({ type: 'response', id: (id! + 1) % 0x10000, questions: questions!, answers: [] }),
      encode({ type: 'response', id: id!, questions: [{ name: 'other.example', type: 'SRV' }], answers: [] }),
      encode({ type: 'response', id: id!, questions: questions!, answers: ANSWERS })
    ]
  }))
  t.equal(await ask(), 1)
})

t.test('who sends nothing else is given up', async t => {
  const { ask } = await asking(t, () => ({ raw: Array.from({ length: 120 }, () => Buffer.from('guess')) }))
  await t.rejects(ask(), { message: /nobody asked for/ })
})

t.test('an answer from elsewhere is not heard', async t => {
  const clock = manualClock()
  const stranger = createSocket('udp4')
  t.teardown(() => { stranger.close() })
  const real = createSocket('udp4')
  t.teardown(() => { real.close() })
  const forged = new Promise<void>(resolve => {
    real.on('message', (message, { port }) => {
      const { id, questions } = decode(message)
      stranger.send(encode({ type: 'response', id: id!, questions: questions!, answers: ANSWERS }), port, '127.0.0.1', () => { resolve() })
    })
  })
  real.bind(0, '127.0.0.1')
  await once(real, 'listening')
  const told = t.rejects(askDns(QUESTION, [`127.0.0.1:${real.address().port}`], { clock, signal: waiting.signal }), { message: /no answer of 127\.0\.0\.1 in time/ })
  await forged
  await clock.pass(3000)
  await told
  t.same(clock.sleeping, [])
})

t.test('a TCP answer to another question is none, nor is a connection that breaks off', async t => {
  const other = encode({ type: 'response', id: 0, questions: [{ name: 'other.example', type: 'SRV' }] })
  const wrong = await asking(t, (_question, via) => via === 'udp' ? { cut: true } : { raw: [Buffer.from([0, other.length]), other] })
  await t.rejects(wrong.ask(), { message: /another question/ })
})

t.test('without a server there is nobody to ask; one that nobody runs is told at once', async t => {
  await t.rejects(askDns(QUESTION, [], waiting), { message: /no DNS server/ })
  await t.rejects(askDns(QUESTION, ['127.0.0.1:1'], waiting), { code: 'ECONNREFUSED' })
})

t.test('ends when nobody waits any more', async t => {
  const stop = new AbortController()
  const { server, asked } = await fakeDns(t, () => {
    stop.abort(new Error('stopped'))
    return null
  })
  await t.rejects(askDns(QUESTION, [server, server], { clock: systemClock, signal: stop.signal }), { message: 'stopped' })
  t.equal(asked.length, 1)
  const slow = new AbortController()
  const tcp = await fakeDns(t, (_question, via) => {
    if (via === 'udp') return { cut: true }
    slow.abort(new Error('stopped'))
    return null
  })
  await t.rejects(askDns(QUESTION, [tcp.server], { clock: systemClock, signal: slow.signal }), { message: 'stopped' })
})
