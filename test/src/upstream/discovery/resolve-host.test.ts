import t from 'tap'
import { resolveHost } from '../../../../src/upstream/discovery/resolve-host.ts'
import { a, fakeDns, namesOf } from './fake-dns.ts'

const NXDOMAIN = 3
const SERVFAIL = 2

t.test('gives every address of both families, for the shortest TTL', async t => {
  const { server } = await fakeDns(t, ({ name, type }) => ({ answers: type === 'A' ? [a(name, '10.0.0.1', 90), a(name, '10.0.0.2', 30)] : [a(name, '2001:db8::1', 60)] }))
  t.same(await resolveHost('orders.example', namesOf(server)), { addresses: ['10.0.0.1', '10.0.0.2', '2001:db8::1'], ttlMs: 30_000 })
})

t.test('a server that fails for one family is believed about the other', async t => {
  const { server } = await fakeDns(t, ({ name, type }) => type === 'A' ? { answers: [a(name, '10.0.0.1')] } : { code: SERVFAIL })
  const names = namesOf(server)
  t.match(await resolveHost('orders.example', names), { addresses: ['10.0.0.1'] })
  t.same(names.lookedUp, [])
})

t.test('a name that DNS does not have is looked up as the system does, for /etc/hosts and search domains', async t => {
  const { server } = await fakeDns(t, () => ({ code: NXDOMAIN }))
  t.same(await resolveHost('orders', namesOf(server, { orders: ['10.0.0.9'] })), { addresses: ['10.0.0.9'], ttlMs: 10_000 })
  t.same(await resolveHost('orders', namesOf(server)), { addresses: [], ttlMs: 10_000 }, 'nobody has it')
  t.same(await resolveHost('orders', namesOf(server, { orders: [] })), { addresses: [], ttlMs: 10_000 })
})

t.test('a name without address records has none', async t => {
  const { server } = await fakeDns(t, () => ({}))
  t.match(await resolveHost('orders.example', namesOf(server)), { addresses: [] })
})

t.test('names below localhost do not go to DNS', async t => {
  const { server, asked } = await fakeDns(t, ({ name }) => ({ answers: [a(name, '203.0.113.1')] }))
  const names = namesOf(server, { localhost: ['127.0.0.1', '::1'], 'orders.localhost': ['127.0.0.1'] })
  t.match(await resolveHost('localhost', names), { addresses: ['127.0.0.1', '::1'] })
  t.match(await resolveHost('orders.localhost', names), { addresses: ['127.0.0.1'] })
  t.same(asked, [])
})

t.test('where nobody can say, that is no answer', async t => {
  const { server } = await fakeDns(t, () => ({ code: SERVFAIL }))
  await t.rejects(resolveHost('orders.example', namesOf(server)), { code: 'ESERVFAIL' })
  await t.rejects(resolveHost('orders.example', namesOf(server, { 'orders.example': [] })), { code: 'ESERVFAIL' })
  t.match(await resolveHost('orders.example', namesOf(server, { 'orders.example': ['10.0.0.1'] })), { addresses: ['10.0.0.1'] })
  const { server: denying } = await fakeDns(t, () => ({ code: NXDOMAIN }))
  const again = { ...namesOf(denying), lookup: () => Promise.reject(Object.assign(new Error('later'), { code: 'EAI_AGAIN' })) }
  await t.rejects(resolveHost('orders.example', again), { code: 'EAI_AGAIN' })
})

t.test('a server that does not answer is given up', async t => {
  const { server } = await fakeDns(t, () => null)
  await t.rejects(resolveHost('orders.example', namesOf(server)), { code: 'ETIMEOUT' })
})

t.test('nobody is looked up once the question has been called off', async t => {
  const { server, asked } = await fakeDns(t, () => null)
  const names = namesOf(server, { 'orders.example': ['10.0.0.9'] })
  const answer = resolveHost('orders.example', names)
  while (asked.length < 2) await new Promise(resolve => { setImmediate(resolve) })
  names.resolver.cancel()
  await t.rejects(answer, { code: 'ECANCELLED' })
  t.same(names.lookedUp, [])
})
