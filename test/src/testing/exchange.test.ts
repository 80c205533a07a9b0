import t from 'tap'
import { template } from '../../../src/contract/index.ts'
import { exchange } from '../../../src/testing/index.ts'

t.test('a request has a default for everything', async t => {
  const x = exchange()
  t.match(x, { id: 'test-request', method: 'GET', routingMethod: 'GET', path: '/', query: '', scheme: 'http', host: 'gateway.test', authority: 'gateway.test', route: null, reply: null, params: {} })
  t.match(x.client, { address: '192.0.2.1', peer: '192.0.2.1', trusted: false, tls: false })
  t.same([x.headers.flat, x.body.present], [[], false])
})

t.test('a request is what the test writes', async t => {
  const x = exchange({
    method: 'PUT', target: '/a/b?c=d?e', host: 'Shop.Example.com:8443', scheme: 'https', headers: { 'X-A': ['1', '2'] }, client: { address: '198.51.100.7', tls: true }, params: { id: '7' }
  })
  t.match(x, { method: 'PUT', path: '/a/b', query: 'c=d?e', scheme: 'https', authority: 'Shop.Example.com:8443', host: 'shop.example.com', originalPath: '/a/b', originalQuery: 'c=d?e' })
  t.same(x.headers.all('x-a'), ['1', '2'])
  t.match(x.client, { address: '198.51.100.7', peer: '192.0.2.1', tls: true })
  t.equal(template('{id}-{constructor}', '/')(x), '7-')
})

for (const [body, length, text] of [['text', 4, 'text'], [Buffer.from([0xc3, 0xbc]), 2, 'ü'], [['a', 'bc'], null, 'abc'], ['', 0, '']] as const) {
  t.test(`a body ${JSON.stringify(body)} ${length === null ? 'comes in pieces' : 'declares its length'}`, async t => {
    const x = exchange({ body })
    t.same([x.body.present, x.body.length], [true, length])
    t.equal(Buffer.from((await x.body.hold(100))!).toString(), text)
  })
}
