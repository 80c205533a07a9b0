import t from 'tap'
import { headerLine, plainRequest } from '../../../../src/cli/explain/plain-request.ts'

const from = '192.0.2.1'

t.test('reads a request line in each of its forms', async t => {
  const cases: [string, string][] = [
    ['GET https://a.example:8443/b?c', 'GET https a.example:8443 /b?c'],
    ['https://A.example', 'GET https A.example /'],
    ['  PUT   /orders/7 ', 'PUT http localhost /orders/7'],
    ['/orders/../x', 'GET http localhost /orders/../x'],
    ['http://a?b=c', 'GET http a /?b=c'],
    ['OPTIONS *', 'OPTIONS http localhost *'],
    ['M-SEARCH /x', 'M-SEARCH http localhost /x']
  ]
  for (const [line, wanted] of cases) {
    const { method, scheme, headers, target } = plainRequest(line, { from })
    t.equal(`${method} ${scheme} ${headers[0]![1]} ${target}`, wanted, line)
  }
})

t.test('takes a body, and POST where no method is said', async t => {
  t.match(plainRequest('/a', { body: 'x', from }), { method: 'POST', body: Buffer.from('x') })
  t.match(plainRequest('PUT /a', { body: '', from }), { method: 'PUT', body: Buffer.from('') })
  t.equal(plainRequest('/a', { from }).body, null)
})

t.test('takes the Host header that is given', async t => {
  t.same(plainRequest('http://a/b', { headers: [['X', '1'], ['host', 'other']], from }).headers, [['X', '1'], ['host', 'other']])
})

t.test('refuses what is no request', async t => {
  for (const line of ['', 'orders/7', 'GET', 'ftp://a/b', 'GET /a b', 'get me /a b']) t.throws(() => plainRequest(line, { from }), { name: 'UsageError', message: /is no request/ }, line)
})

t.test('reads a header line', async t => {
  t.same(headerLine('X-A:  b: c '), ['X-A', 'b: c'])
  t.same(headerLine('X-A:'), ['X-A', ''])
  for (const line of ['X-A', ': a', '']) t.throws(() => headerLine(line), { name: 'UsageError', message: /is no header/ })
})
