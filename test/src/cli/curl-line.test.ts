import t from 'tap'
import { curlLine, isForCurl } from '../../../src/cli/curl-line.ts'
import { parseCurl } from '../../../src/cli/explain/parse-curl.ts'
import { plainRequest } from '../../../src/cli/explain/plain-request.ts'
import { shellWords } from '../../../src/cli/explain/shell-words.ts'
import type { RouteTest } from '../../../src/contract/route-file.ts'

const BASE = 'http://127.0.0.1:8080'
const line = (test: Partial<RouteTest>) => curlLine({ request: 'GET /a', expect: {}, ...test }, BASE)

t.test('is short where nothing special is asked', async t => {
  t.equal(line({}), 'curl -i http://127.0.0.1:8080/a')
  t.equal(line({ request: 'POST /a', body: 'hello' }), 'curl -i -d hello http://127.0.0.1:8080/a')
})

t.test('says method, headers and body', async t => {
  t.equal(line({ request: 'HEAD /a' }), 'curl -i -I http://127.0.0.1:8080/a')
  t.equal(line({ request: 'PUT /a', body: '{"a":1}' }), "curl -i -X PUT -d '{\"a\":1}' http://127.0.0.1:8080/a")
  t.equal(line({ request: 'POST /a' }), 'curl -i -X POST http://127.0.0.1:8080/a')
  t.equal(line({ headers: { 'X-A': "it's", 'X-B': '' } }), "curl -i -H 'X-A: it'\\''s' -H 'X-B;' http://127.0.0.1:8080/a")
  t.equal(line({ request: 'POST /a', body: '@file' }), "curl -i --data-raw '@file' http://127.0.0.1:8080/a")
})

t.test('names the host of a full URL', async t => {
  t.equal(line({ request: 'GET https://shop.example/a?b' }), "curl -i -H 'Host: shop.example' 'http://127.0.0.1:8080/a?b'")
  t.equal(line({ request: 'GET https://shop.example/a', headers: { host: 'other' } }), "curl -i -H 'host: other' http://127.0.0.1:8080/a")
})

t.test('keeps curl from changing the target', async t => {
  t.equal(line({ request: 'GET /a/../b' }), 'curl -i --path-as-is http://127.0.0.1:8080/a/../b')
  t.equal(line({ request: 'GET /a?b[]={c}' }), "curl -i -g 'http://127.0.0.1:8080/a?b[]={c}'")
  t.equal(line({ request: 'OPTIONS *' }), "curl -i -X OPTIONS --request-target '*' http://127.0.0.1:8080")
})

t.test('is understood by explain as the same request', async t => {
  for (const test of [{ request: 'GET /a/./b' }, { request: 'PUT /a', body: "it's" }, { request: 'HEAD /a', headers: { 'X-A': '$x "y"' } }, { request: 'DELETE /a?b=c&d' }]) {
    const { method, target, headers, body } = parseCurl(shellWords(line(test)).slice(1), '192.0.2.1', '/')
    const wanted = plainRequest(test.request, { headers: Object.entries(test.headers ?? {}), body: test.body, from: '192.0.2.1' })
    t.same({ method, target, body }, { method: wanted.method, target: wanted.target, body: wanted.body })
    for (const [name, value] of wanted.headers) if (name !== 'Host') t.same(headers.find(([known]) => known === name), [name, value])
  }
})

t.test('is for requests that anybody can send at any time', async t => {
  t.ok(isForCurl({ request: 'GET /a', expect: {} }))
  t.notOk(isForCurl({ request: 'GET /a', from: '203.0.113.9', expect: {} }))
  t.notOk(isForCurl({ request: 'GET /a', at: '2026-01-01T00:00:00Z', expect: {} }))
})
