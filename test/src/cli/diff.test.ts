import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import t from 'tap'
import { accessLine } from '../../../src/cli/diff/access-line.ts'
import { logLines } from '../../../src/cli/diff/log-lines.ts'
import { Traffic } from '../../../src/cli/diff/traffic.ts'
import { accessLog } from '../../../src/http/access-log.ts'
import { exchange } from '../../../src/testing/index.ts'

const common = (request: string, before = '192.0.2.1 - -') => `${before} [20/Nov/2026:10:00:00 +0000] "${request}" 200 12`

t.test('the gateway\'s own lines are read', async t => {
  let line = ''
  const x = exchange({ method: 'PUT', target: '/orders/7?token=secret', host: 'shop.example.com' })
  accessLog({ write: text => { line = text }, now: () => 0 })({ x, req: { method: 'PUT' }, reply: null } as never, { outcome: 'complete', code: null, bytesIn: 0, bytesOut: 0 })
  t.same(accessLine(line.trimEnd()), { method: 'PUT', host: 'shop.example.com', path: '/orders/7', query: null })
})

t.test('JSON lines of others are read', async t => {
  t.same(accessLine('{"http":{"request":{"method":"GET"}},"url":{"path":"/a","query":"b=1","domain":""}}'), { method: 'GET', host: null, path: '/a', query: 'b=1' })
  t.same(accessLine('{"http.request.method":"GET","url.path":"/a?b=1","url.query":"c"}'), { method: 'GET', host: null, path: '/a', query: 'b=1' })
  for (const line of ['{"message":"listening"}', '', '  ', '#Fields: date time']) t.equal(accessLine(line), 'other', line)
  for (const line of ['{', '{"http.request.method":1,"url.path":"/"}', '{"http.request.method":"GET"}', '{"http.request.method":"GET","url.path":""}', '{"http.request.method":"GET","url.path":"/\\u009b"}', '{"http.request.method":"GET","url.path":"/","url.domain":"a b"}']) {
    t.equal(accessLine(line), 'unreadable', line)
  }
})

t.test('lines of the Common and Combined Log Format are read', async t => {
  const read = { method: 'GET', host: null, path: '/a', query: 'b=1' }
  for (const line of [
    common('GET /a?b=1 HTTP/1.1'), common('GET /a?b=1'), `${common('GET /a?b=1 HTTP/2.0', '2001:db8::1 - ann lee')} "https://x/" "curl \\"8\\""`,
    `${common('GET /a?b=1 HTTP/1.1')} 17 "orders@file" "http://10.0.0.1:80" 3ms`, common('GET /a?b=1 HTTP/1.1', 'shop.example.com:443 192.0.2.1 - -')
  ]) t.same(accessLine(line), read, line)
  t.same(accessLine(common('GET http://shop.example.com/a HTTP/1.1')), { method: 'GET', host: 'shop.example.com', path: '/a', query: '' })
  t.same(accessLine(common('OPTIONS * HTTP/1.1')), { method: 'OPTIONS', host: null, path: '*', query: '' })
  for (const line of [common('-'), common('\\x16\\x03\\x01'), common('GET a HTTP/1.1'), common('CONNECT a:443 HTTP/1.1'), common('GET /a b HTTP/1.1'), 'x'.repeat(60_000), '1 2 ['.repeat(10_000)]) {
    t.equal(accessLine(line), 'unreadable', line.slice(0, 80))
  }
})

t.test('no line is too odd to be read', async () => {
  fc.assert(fc.property(fc.string(), fc.jsonValue(), (text, json) => {
    for (const line of [text, JSON.stringify(json), common(text)]) {
      const read = accessLine(line)
      if (typeof read !== 'string' && !/^[/*]/.test(read.path)) return false
    }
    return true
  }))
})

async function linesOf (path: string): Promise<(string | null)[]> {
  const lines: (string | null)[] = []
  for await (const line of logLines(path)) lines.push(line)
  return lines
}

t.test('a log is read line by line, packed or not', async t => {
  const folder = t.testdir({ 'a.log': 'one\r\ntwo é\n\nlast', 'long.log': `a\n${'x'.repeat(300_000)}\nb\n${'y'.repeat(70_000)}`, 'empty.log': '' })
  t.same(await linesOf(join(folder, 'a.log')), ['one', 'two é', '', 'last'])
  t.same(await linesOf(join(folder, 'long.log')), ['a', null, 'b', null], 'a line that is too long is left out')
  t.same(await linesOf(join(folder, 'empty.log')), [])
  writeFileSync(join(folder, 'a.log.gz'), gzipSync('one\ntwo\n'))
  t.same(await linesOf(join(folder, 'a.log.gz')), ['one', 'two'])
  await t.rejects(linesOf(join(folder, 'none.log')), { code: 'ENOENT' })
  await t.rejects(linesOf(join(folder, 'none.gz')), { code: 'ENOENT' })
})

t.test('requests are counted, and no more kept than there is room for', async t => {
  const traffic = new Traffic({ distinct: 3, letters: 100 })
  for (const line of [common('GET /a'), common('GET /a'), common('GET /a?'), common('HEAD /a'), null, 'x', '', '{"http.request.method":"GET","url.path":"/a"}', common('GET /b'), common('GET /a')]) traffic.add(line)
  t.same([...traffic.requests].map(({ recorded: { method, query }, count }) => [method, query, count]), [['GET', '', 4], ['HEAD', '', 1], ['GET', null, 1]])
  t.match(traffic, { lines: 10, unreadable: 2, beyond: 1, distinct: 3 })
  const letters = new Traffic({ distinct: 3, letters: 100 })
  letters.add(common(`GET /${'a'.repeat(100)}`))
  t.match(letters, { beyond: 1, distinct: 0 })
})
