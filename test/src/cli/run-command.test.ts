import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import { createServer as createTcp, type AddressInfo } from 'node:net'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import { cli } from './cli-io.ts'
import { FILE, get, ROUTE, start } from './run/started-file.ts'
import { Started } from './run/started.ts'

t.setTimeout(120_000)

t.test('serves, and tells in its log where', async t => {
  const { gateway } = start(t, FILE(ROUTE('a', 'one')))
  const { http, admin } = await gateway.listening()
  t.equal((await get(http, '/a')).text, 'one')
  t.equal((await get(admin, '/livez')).status, 200)
  t.match(await gateway.line(({ message }) => message === 'request'), { 'gatehouse.route': 'a', 'http.response.status_code': 200 })
})

t.test('listens where the command line says', async t => {
  const { gateway } = start(t, FILE(ROUTE('a', 'one')).replaceAll('port: 0', 'port: 1'), '--port', '0', '--admin-port', '0', '--log-level', 'info')
  const { http, admin } = await gateway.listening()
  t.ok(http.port > 1024 && admin.port > 1024 && http.port !== admin.port)
  t.equal((await get(http, '/a')).text, 'one')
})

/** An upstream that leaves its one request waiting until the test answers. */
async function patient (t: Test) {
  const asked = Promise.withResolvers<ServerResponse>()
  const server = createServer((_req, res) => { asked.resolve(res) })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return { route: `  - { id: a, predicates: [path: /**], upstream: "http://127.0.0.1:${(server.address() as AddressInfo).port}" }\n`, asked: asked.promise }
}

const stopping = ({ message }: { message: string }) => message === 'stopping'

t.test('stops when it is told to, and has done what it was asked before', async t => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    const { route, asked } = await patient(t)
    const { gateway } = start(t, FILE(route))
    const { http } = await gateway.listening()
    const answer = get(http, '/a')
    const waiting = await asked
    await gateway.after(() => gateway.child.kill(signal), stopping)
    waiting.end('done')
    t.equal((await answer).text, 'done')
    t.same(await gateway.ended(), { status: 0, signal: null })
  }
})

t.test('stops at once when it is told again', async t => {
  const { route, asked } = await patient(t)
  const { gateway } = start(t, FILE(route, ', drain: 1h'))
  const { http } = await gateway.listening()
  const cut = t.rejects(get(http, '/a'))
  await asked
  await gateway.after(() => gateway.child.kill('SIGTERM'), stopping)
  gateway.child.kill('SIGTERM')
  t.same(await gateway.ended(), { status: 1, signal: null })
  await cut
})

t.test('exits with every error where the files are wrong', async t => {
  const { gateway } = start(t, FILE('  - { id: a, predicates: [path: "/{"], filters: [respond] }\n  - { id: b, predicates: [path: /b], filtres: [] }\n'))
  t.same(await gateway.ended(), { status: 2, signal: null })
  t.equal(gateway.text, '')
  t.match(gateway.err, /^routes\.yaml:4:.*\nroutes\.yaml:5:[^]*\n2 errors\n$/)
})

t.test('exits with the error where only the compiler finds one', async t => {
  const { gateway } = start(t, FILE('  - { id: a, predicates: [path: "/{"], filters: [respond] }\n'))
  t.same(await gateway.ended(), { status: 2, signal: null })
  t.match(gateway.err, /^routes\.yaml:4:.*\n1 error\n$/)
})

t.test('starts all the same with --keep-going', async t => {
  const { gateway } = start(t, FILE(`  - { id: a, predicates: [path: /a], filters: [respnd] }\n  - { id: b, predicates: [path: /b], filtres: [] }\n${ROUTE('c', 'fine')}`), '--keep-going')
  const { http } = await gateway.listening()
  t.equal((await get(http, '/c')).text, 'fine')
  t.equal((await get(http, '/a')).status, 500)
  t.equal((await get(http, '/b')).status, 404)
  t.match(await gateway.line(({ message }) => message.startsWith('left out: routes.yaml:5:')), { 'log.level': 'error', 'gatehouse.route': 'b' })
})

t.test('logs what deserves a second look', async t => {
  const { gateway } = start(t, `spring:
  cloud:
    gateway:
      routes: [{ id: a, uri: "http://127.0.0.1:1", predicates: [Path=/a] }]
  unknown: 1
`, '--port', '0', '--admin-port', '0')
  await gateway.listening()
  t.match(await gateway.line(line => line['log.level'] === 'warn'), { message: /^routes\.yaml:5:/ })
})

t.test('says so where it cannot listen, and lets go of what it has', async t => {
  const taken = createTcp()
  taken.listen(0, '127.0.0.1')
  await once(taken, 'listening')
  t.teardown(() => { taken.close() })
  const { port } = taken.address() as AddressInfo
  const { gateway } = start(t, FILE(ROUTE('a', 'one')), '--admin-port', String(port))
  t.same(await gateway.ended(), { status: 1, signal: null })
  t.match(gateway.err, /^cannot listen: .*EADDRINUSE/)
})

t.test('wants ports and levels that there are', async t => {
  const cwd = t.testdir({ 'routes.yaml': FILE(ROUTE('a', 'one')) })
  for (const argv of [['--port', '65536'], ['--port', 'x'], ['--admin-port', '-1'], ['--log-level', 'loud'], ['--fast']]) {
    const { status, out } = await cli(['run', ...argv], { cwd })
    t.equal(status, 2, argv.join(' '))
    t.equal(out, '')
  }
})

t.test('answers every curl line that the demo prints', async t => {
  const gateway = new Started(t, ['--demo', '--port', '0', '--admin-port', '0'], { cwd: t.testdir() })
  await gateway.listening()
  await gateway.until(text => /^For operators:\n {2}curl .*\n/m.test(text))
  const lines = gateway.text.split('\n').filter(line => /^ {2}curl /.test(line))
  t.equal(lines.length, 8, 'one for each shipped route, one more with a token, and one for operators')
  const answers = await Promise.all(lines.map(async line => (await promisify(execFile)('sh', ['-c', `${line} --silent --show-error`])).stdout))
  t.same(answers.map(answer => answer.split(' ', 2)[1]), ['200', '200', '200', '401', '200', '200', '308', answers.at(-1)!.split(' ', 2)[1]])
  t.match(answers[3], /^www-authenticate: Bearer/m)
  t.match(JSON.parse(answers[4]!.split('\r\n\r\n')[1]!), { headers: { authorization: undefined }, passport: { iss: 'gatehouse', aud: 'orders', sub: 'demo', scp: ['orders.read'] } })
  t.match(answers.at(-1), /^\{"revision":1/)
  gateway.child.kill('SIGTERM')
  t.same(await gateway.ended(), { status: 0, signal: null })
})

const REFERENCE = '$' + '{ORDERS_URL}'

t.test('runs the demo of the files it is given', async t => {
  const { gateway } = start(t, FILE(`  - { id: mine, predicates: [path: /a], upstream: "${REFERENCE}", tests: [{ request: GET /a, expect: {} }] }\n`), '--demo')
  const { http } = await gateway.listening()
  t.match(JSON.parse((await get(http, '/a')).text), { service: 'orders', path: '/a' })
  await gateway.until(text => text.includes(`curl -i http://127.0.0.1:${http.port}/a\n`))
})

t.test('does not mind that nobody reads on', async t => {
  const cwd = t.testdir({ 'routes.yaml': FILE(Array.from({ length: 2000 }, (_, i) => ROUTE(`r${i}`, 'x')).join('')) })
  const main = new URL('../../../src/main.ts', import.meta.url).pathname
  const { stdout, stderr } = await promisify(execFile)('sh', ['-c', '"$0" "$1" routes | head -1', process.execPath, main], { cwd })
  t.match(stdout, /^ROUTE /)
  t.equal(stderr, '')
})
