import { decode, encode, type Packet } from 'dns-packet'
import t from 'tap'
import fc from 'fast-check'
import { dnsAnswer, dnsQuery, plainName } from '../../../../src/upstream/discovery/dns-message.ts'

const QUESTION = { name: '_http._tcp.orders.example', type: 'SRV' } as const
const answer = (over: Partial<Packet> = {}): Buffer => encode({ type: 'response', id: 7, questions: [QUESTION], ...over })

t.test('a query asks one question, recursively, and offers to take more by UDP', async t => {
  const query = decode(dnsQuery(QUESTION, 7, true))
  t.match(query, { id: 7, flag_qr: false, flag_rd: true, questions: [{ ...QUESTION, class: 'IN' }], additionals: [{ type: 'OPT', udpPayloadSize: 1232 }] })
  t.same(decode(dnsQuery(QUESTION, 7, false)).additionals, [])
})

t.test('an answer is one with the id and the question, whatever its case', async t => {
  t.match(dnsAnswer(answer(), QUESTION, 7), { id: 7 })
  t.match(dnsAnswer(answer({ questions: [{ ...QUESTION, name: '_HTTP._tcp.Orders.example' }] }), QUESTION, 7), { id: 7 })
  t.match(dnsAnswer(answer(), { ...QUESTION, name: '_http._tcp.orders.example.' }, 7), { id: 7 })
})

t.test('nothing else is', async t => {
  for (const message of [
    answer({ id: 8 }), answer({ type: 'query' }), answer({ questions: [] }), answer({ questions: [QUESTION, QUESTION] }),
    answer({ questions: [{ ...QUESTION, name: 'other.example' }] }), answer({ questions: [{ ...QUESTION, type: 'A' }] }),
    answer({ questions: [{ ...QUESTION, class: 'CH' }] }), answer().subarray(0, 20), Buffer.alloc(0)
  ]) t.equal(dnsAnswer(message, QUESTION, 7), null)
})

t.test('no bytes break it', async () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 80 }), bytes => {
    dnsAnswer(Buffer.concat([answer().subarray(0, 12), bytes]), QUESTION, 7)
    return true
  }))
})

t.test('names are the same without the root\'s dot', async t => {
  t.equal(plainName('Orders.Example.'), 'orders.example')
  t.equal(plainName('.'), '')
})
