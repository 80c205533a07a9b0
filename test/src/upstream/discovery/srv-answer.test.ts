import { decode, encode, type Answer } from 'dns-packet'
import t from 'tap'
import { srvAnswer } from '../../../../src/upstream/discovery/srv-answer.ts'
import { a, srv } from './fake-dns.ts'

const NAME = '_http._tcp.orders.example'
const read = (answers: Answer[], additionals: Answer[] = []) => srvAnswer(decode(encode({ type: 'response', answers, additionals })), `${NAME}.`)
const cname = (name: string, data: string): Answer => ({ name, type: 'CNAME', ttl: 5, data })

t.test('gives the targets of the name, by priority, with the shortest TTL', async t => {
  const { targets, ttlMs } = read([srv(NAME, 'Two.example', 81, { priority: 20, weight: 5, ttl: 30 }), srv(NAME.toUpperCase(), 'one.example', 80, { priority: 10, weight: 0, ttl: 60 }), srv('_other._tcp.orders.example', 'x.example', 1)])
  t.same(targets, [{ host: 'one.example', port: 80, priority: 10, weight: 0 }, { host: 'two.example', port: 81, priority: 20, weight: 5 }])
  t.equal(ttlMs, 30_000)
})

t.test('takes addresses along, of its targets only', async t => {
  const { addresses, ttlMs } = read([srv(NAME, 'one.example', 80)], [a('ONE.example', '10.0.0.1', 9), a('one.example', '2001:db8::1'), a('evil.example', '10.6.6.6', 1), { name: 'one.example', type: 'TXT', ttl: 2, data: 'x' }])
  t.same([...addresses], [['one.example', ['10.0.0.1', '2001:db8::1']]])
  t.equal(ttlMs, 9000)
})

t.test('follows aliases, not in circles', async t => {
  const { targets } = read([srv('b.example', 'one.example', 80), cname('a.example', 'b.example'), cname(NAME, 'a.example'), cname('b.example', NAME)])
  t.equal(targets.length, 1)
})

t.test('a service that is decidedly not there has no targets; nor has port 0', async t => {
  t.same(read([srv(NAME, '.', 0), srv(NAME, '.', 80), srv(NAME, 'one.example', 0)]).targets, [])
  t.same(read([]), { targets: [], addresses: new Map(), ttlMs: 0 })
})

t.test('of very many targets the first priorities are taken', async t => {
  const { targets } = read(Array.from({ length: 300 }, (_, i) => srv(NAME, `h${i}.example`, 80, { priority: 300 - i })))
  t.same([targets.length, targets[0]!.host, targets.at(-1)!.host], [256, 'h299.example', 'h44.example'])
})
