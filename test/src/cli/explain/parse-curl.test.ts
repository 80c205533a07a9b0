import t from 'tap'
import { parseCurl } from '../../../../src/cli/explain/parse-curl.ts'
import { shellWords } from '../../../../src/cli/explain/shell-words.ts'

const cwd = t.testdir({ 'body.txt': 'one\r\ntwo\n' })

/** What a command line, without `curl`, would send; the body as text. */
function curl (line: string) {
  const { body, headers, ...rest } = parseCurl(shellWords(line), '192.0.2.1', cwd)
  return { ...rest, headers: Object.fromEntries(headers) as Record<string, string>, body: body && Buffer.from(body).toString() }
}

const OWN = { 'User-Agent': 'curl/8.0.0', Accept: '*/*' }

t.test('asks as curl does when it is told only where', async t => {
  t.same(curl('https://a.example:8443/b?c=d#e'), {
    method: 'GET', target: '/b?c=d', scheme: 'https', from: '192.0.2.1', headers: { Host: 'a.example:8443', ...OWN }, body: null
  })
  t.match(curl('a.example'), { scheme: 'http', target: '/', headers: { Host: 'a.example' } })
  t.match(curl('--url localhost:8080/x'), { target: '/x', headers: { Host: 'localhost:8080' } })
})

t.test('sends data as a form, joined', async t => {
  t.match(curl('http://a -d x=1 --data y=2'), { method: 'POST', body: 'x=1&y=2', headers: { 'Content-Type': 'application/x-www-form-urlencoded' } })
  t.match(curl("http://a --data-urlencode 'q=a b' --data-urlencode '=c&d' --data-urlencode 'e f'"), { body: 'q=a%20b&c%26d&e%20f' })
  t.match(curl("http://a -d ''"), { method: 'POST', body: '' })
  t.match(curl('http://a --data-raw @x'), { body: '@x' })
})

t.test('reads data from files', async t => {
  t.equal(curl('http://a -d @body.txt').body, 'onetwo')
  t.equal(curl('http://a --data-binary @body.txt').body, 'one\r\ntwo\n')
  t.throws(() => curl('http://a -d @none.txt'), { code: 'ENOENT' })
})

t.test('sends JSON', async t => {
  t.match(curl('http://a --json \'{"a":\' --json \'1}\''), { method: 'POST', body: '{"a":1}', headers: { 'Content-Type': 'application/json', Accept: 'application/json' } })
})

t.test('puts data into the query with -G', async t => {
  t.match(curl('http://a/b -G -d c=1 -d d=2'), { method: 'GET', target: '/b?c=1&d=2', body: null })
  t.match(curl('http://a/b?x=0 -G -d c=1'), { target: '/b?x=0&c=1' })
  t.match(curl('http://a/b -G'), { target: '/b' })
})

t.test('takes the method that is said, or HEAD', async t => {
  t.equal(curl('-X PUT http://a -d 1').method, 'PUT')
  t.equal(curl('-XDELETE http://a').method, 'DELETE')
  t.equal(curl('-I http://a').method, 'HEAD')
})

t.test('replaces, leaves out and empties header lines', async t => {
  const { headers } = curl("http://a -H 'accept: text/html' -H 'User-Agent:' -H 'X-Empty;' -H 'X-A:  b: c '")
  t.same(headers, { Host: 'a', accept: 'text/html', 'X-Empty': '', 'X-A': 'b: c' })
  t.throws(() => curl("http://a -H 'nothing'"), { message: /"nothing" is no header/ })
})

t.test('keeps a header that is repeated', async t => {
  const { headers } = parseCurl(shellWords('http://a -H "X: 1" -H "X: 2"'), '192.0.2.1', cwd)
  t.same(headers.filter(([name]) => name === 'X'), [['X', '1'], ['X', '2']])
})

t.test('knows what stands for a header', async t => {
  t.match(curl("http://a -u 'me:pass word' -b x=1 -b 'y=2; z=3' -A me/1 -e http://from/ --compressed").headers, {
    Authorization: `Basic ${Buffer.from('me:pass word').toString('base64')}`,
    Cookie: 'x=1; y=2; z=3',
    'User-Agent': 'me/1',
    Referer: 'http://from/',
    'Accept-Encoding': 'deflate, gzip, br, zstd'
  })
  t.equal(curl('http://a --oauth2-bearer abc').headers['Authorization'], 'Bearer abc')
  t.match(curl('http://me:p%40ss@a/b'), { target: '/b', headers: { Host: 'a', Authorization: `Basic ${Buffer.from('me:p@ss').toString('base64')}` } })
})

t.test('passes over what is about the connection or the answer', async t => {
  t.match(curl('-sSLkivfgN4 --http1.1 -o out -w "%{http_code}" -m 5 --connect-timeout 1 --retry 2 http://a/b'), { method: 'GET', target: '/b' })
})

t.test('takes dot segments out as curl does, unless it is told not to', async t => {
  t.equal(curl('http://a/b/../c/./d?e=/../f').target, '/c/d?e=/../f')
  t.equal(curl('http://a/../../b/..').target, '/')
  t.equal(curl('http://a/b/.').target, '/b/')
  t.equal(curl('http://a/b/%2e%2e/c').target, '/b/%2e%2e/c')
  t.equal(curl('--path-as-is http://a/b/../c').target, '/b/../c')
})

t.test('takes a value that looks like an option', async t => {
  t.equal(curl('http://a -d -1').body, '-1')
})

t.test('names an option that it does not know', async t => {
  t.throws(() => curl('http://a --form x=1'), { name: 'UsageError', message: /curl's option --form/ })
  t.throws(() => curl('http://a -sZ'), { message: /curl's option -Z/ })
  t.throws(() => curl('http://a -H'), { message: /-H needs a value/ })
  t.throws(() => curl('http://a -b jar.txt'), { message: /reads no cookie file/ })
})

t.test('wants one http URL', async t => {
  t.throws(() => curl('-i'), { message: /names no URL/ })
  t.throws(() => curl('http://a http://b'), { message: /names 2 URLs/ })
  t.throws(() => curl('ftp://a/b'), { message: /"ftp:\/\/a\/b" is no http or https URL/ })
})
