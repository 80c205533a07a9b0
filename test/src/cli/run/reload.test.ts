import t from 'tap'
import { cli } from '../cli-io.ts'
import { FILE, get, ROUTE, start } from './started-file.ts'

t.setTimeout(120_000)

const reloaded = ({ message }: { message: string }) => message === 'reloaded'

t.test('reloads when the file changes, on SIGHUP and on POST /reload', async t => {
  const { gateway, write } = start(t, FILE(ROUTE('a', 'one')))
  const { http, admin } = await gateway.listening()
  t.match(await gateway.after(() => { write(FILE(ROUTE('a', 'two'))) }, reloaded), { 'event.reason': 'file', 'gatehouse.quarantined': 0 })
  t.equal((await get(http, '/a')).text, 'two')
  t.match(await gateway.after(() => { write(FILE(ROUTE('a', 'three'))) }, reloaded), { 'event.reason': 'file' })
  t.equal((await get(http, '/a')).text, 'three')
  t.match(await gateway.after(() => gateway.child.kill('SIGHUP'), reloaded), { 'event.reason': 'SIGHUP' })
  t.match(JSON.parse((await get(admin, '/reload', 'POST')).text), { status: 'reloaded', faults: [] })
  t.equal((await get(http, '/a')).text, 'three')
})

t.test('does not look at the file with --no-watch, unless it is told to', async t => {
  const { gateway, write } = start(t, FILE(ROUTE('a', 'one')), '--no-watch')
  const { http, admin } = await gateway.listening()
  write(FILE(ROUTE('a', 'two')))
  await gateway.after(() => get(admin, '/reload', 'POST'), reloaded)
  t.equal((await get(http, '/a')).text, 'two')
  t.same(gateway.lines.filter(reloaded).map(line => line['event.reason']), ['admin'])
})

t.test('keeps a route as it was that is broken in the new file, and takes the rest', async t => {
  const { gateway, write } = start(t, FILE(ROUTE('a', 'one') + ROUTE('b', 'one')), '--no-watch')
  const { http, admin } = await gateway.listening()
  for (const [broken, code] of [['  - { id: a, predicates: [path: /a], filters: [respnd] }\n', 'GW_CONFIG_UNKNOWN_FILTER'], ['  - { id: a, predicate: [path: /a] }\n', 'GW_CONFIG_']]) {
    write(FILE(broken! + ROUTE('b', 'two') + ROUTE('c', 'two')))
    const quarantined = gateway.after(() => {}, ({ message }) => message.startsWith('quarantined: '))
    t.match(JSON.parse((await get(admin, '/reload', 'POST')).text), { status: 'quarantined', faults: [/^routes\.yaml:4:/] })
    t.match(await quarantined, { 'error.code': code, 'gatehouse.route': 'a', 'gatehouse.serving': 'previous' })
    t.match(JSON.parse((await get(admin, '/readyz')).text), { status: 'ready', quarantined: [{ id: 'a', serving: 'previous', faults: [/^routes\.yaml:4:/] }] })
    t.same(await Promise.all(['/a', '/b', '/c'].map(async path => (await get(http, path)).text)), ['one', 'two', 'two'])
  }
})

t.test('changes nothing where the new file cannot be read', async t => {
  const { gateway, write } = start(t, FILE(ROUTE('a', 'one')))
  const { http, admin } = await gateway.listening()
  t.match(await gateway.after(() => { write('version: [') }, ({ message }) => message.startsWith('not reloaded: ')), { 'log.level': 'error', 'event.reason': 'file', 'error.code': 'GW_CONFIG_SYNTAX' })
  const refused = await get(admin, '/reload', 'POST')
  t.equal(refused.status, 422)
  t.equal((await get(http, '/a')).text, 'one')
  await gateway.after(() => { write(FILE(ROUTE('a', 'two'))) }, reloaded)
  t.equal((await get(http, '/a')).text, 'two')
})

t.test('says which settings wait for the next start', async t => {
  const { gateway, write } = start(t, FILE(ROUTE('a', 'one')))
  await gateway.listening()
  const waits = ({ message }: { message: string }) => message.startsWith('takes effect at the next start')
  t.notOk(gateway.lines.find(waits))
  const line = await gateway.after(() => { write(FILE(ROUTE('a', 'one'), ', drain: 5s, via: edge, accessLog: false')) }, waits)
  t.match(line, { 'log.level': 'warn', 'gatehouse.settings': ['accessLog', 'drain'], message: /gateway\.accessLog, gateway\.drain$/ })
})

t.test('takes in rooms that a reload names first', async t => {
  const { gateway, write, cwd } = start(t, FILE(ROUTE('a', 'one')))
  const { http } = await gateway.listening()
  await cli(['new', 'predicate', 'tenant'], { cwd })
  await gateway.after(() => { write(`plugins: ./my-rooms\n${FILE('  - { id: t, predicates: [tenant: blue], filters: [respond: blue] }\n')}`) }, reloaded)
  const response = await fetch(`http://127.0.0.1:${http.port}/`, { headers: { 'x-tenant': 'blue' } })
  t.equal(await response.text(), 'blue')
})
