import t from 'tap'
import { shadowCommand } from '../../../../../plugins/filters/shadow/report/command.ts'
import { MetricRegistry } from '../../../../../src/adapters/metric-registry.ts'
import { opossumBreakers } from '../../../../../src/adapters/breaker/opossum-breaker.ts'
import { ReportRegistry } from '../../../../../src/adapters/report-registry.ts'
import { adminServer } from '../../../../../src/admin/admin-server.ts'
import { OutboundError, UsageError, type CommandIo } from '../../../../../src/contract/index.ts'
import { TableKeeper } from '../../../../../src/plan/table-keeper.ts'
import { fakeClock, fakeLog, fakeRandom } from '../../../../../src/testing/index.ts'
import { DIFFERENT, EQUALS, ESC, listing, one, ramp, reportOf, saved, shadow, spoilt, type Named } from './published.ts'

t.test('shows the routes and shadows that are named', async t => {
  const reports: Named[] = [['orders', 'next', reportOf('orders', 'next', EQUALS)], ['orders', 'rust', reportOf('orders', 'rust', EQUALS)], ['shop:v1', 'next', reportOf('shop:v1', 'next', EQUALS)]]
  const answers = await listing(reports)
  const shown = async (...args: string[]) => (await shadow(['report', ...args], { answers })).out.match(/^\S+ \S+(?= {2}async)/gm)
  t.same(await shown(), ['orders next', 'orders rust', 'shop:v1 next'])
  t.same(await shown('--route', 'orders'), ['orders next', 'orders rust'])
  t.same(await shown('--shadow', 'next'), ['orders next', 'shop:v1 next'])
  const both = await shadow(['report', '--route', 'shop:v1', '--shadow', 'next'], { answers })
  t.same(both.asked, ['GET http://127.0.0.1:9090/shadow/shop%3Av1/next'], 'however many others there are')
  t.match(await shadow(['report', '--route', 'shop', '--shadow', 'next'], { answers }), { status: 1, out: '', err: 'no shadow of route "shop" named "next"; there are: orders next, orders rust, shop:v1 next\n' })
  t.match(await shadow(['report', '--shadow', 'none'], { files: { f: await saved(reports) }, answers: { 'GET /shadow': { total: 0, reports: [] } } }), { status: 1, err: 'no shadow named "none"; there are none\n' })
  const many = Array.from({ length: 12 }, (_, i): Named => ['orders', `s${i}`, reports[0]![2]])
  t.match((await shadow(['report', '--route', 'none', '--from', 'f'], { files: { f: await saved(many) } })).err, /orders next and 2 more\n$/)
})

t.test('goes on without what a reload has taken away, and says what a list leaves out', async t => {
  const answers = await listing([...one(EQUALS), ['gone', 'next', reportOf('gone', 'next', EQUALS)]])
  const { out, err, status } = await shadow(['report'], { answers: { ...answers, 'GET /shadow/gone/next': undefined, 'GET /shadow': { ...answers['GET /shadow'] as object, total: 1200 } } })
  t.equal(status, 0)
  t.match(out, /^orders next/)
  t.notMatch(out, 'gone')
  t.match(err, /the first 2 of 1200 shadows; name others with --route and --shadow/)
})

t.test('prints JSON that can be read again', async t => {
  const answers = await listing(one({ ...DIFFERENT, sample: `a\u009b31m${ESC}[0m` }))
  const { out } = await shadow(['report', '--json', '--fail-over', '0.1%'], { answers })
  const json = JSON.parse(out)
  t.match(json, { version: 1, exportedAt: /^\d{4}-\d\d-\d\dT.*Z$/, failures: [/^orders next: 10% of/] })
  t.same(json.reports, [answers['GET /shadow/orders/next']])
  t.notMatch(out, /[\u0080-\u009f]/)
  t.equal((await shadow(['report', '--from', 'f', '--shadow', 'next', '--route', 'orders'], { files: { f: out } })).out, (await shadow(['report'], { answers })).out)
  t.notOk('failures' in JSON.parse((await shadow(['report', '--json'], { answers })).out))
})

t.test('saves reports, and reads them without a gateway', async t => {
  const reports: Named[] = [...one(DIFFERENT, { ramp: ramp() }), ['shop', 'dark', reportOf('shop', 'dark', null)]]
  const answers = await listing(reports)
  const { status, out, written } = await shadow(['export', '--out', 'report.json'], { answers })
  t.same([status, out], [0, 'report.json: 2 reports\n'])
  const again = await shadow(['report', '--from', 'report.json'], { files: written })
  t.same(again, { ...await shadow(['report'], { answers }), asked: [] })
  t.match(await shadow(['report', '--from', 'report.json', '--fail-over', '0.1%'], { files: written }), { status: 1, err: /^failed: orders next: 10%/ })
  const printed = await shadow(['export', '--route', 'shop', '--admin', 'http://127.0.0.1:9090/'], { answers })
  t.same(JSON.parse(printed.out).reports, [answers['GET /shadow/shop/dark']])
  t.match((await shadow(['export', '--out', 'o', '--route', 'shop'], { answers })).out, 'o: 1 report\n')
  t.match(await shadow(['export', '--route', 'none', '--out', 'o'], { answers }), { status: 1, written: {} })
})

t.test('says what is wrong with a saved file', async t => {
  const whole = await saved(one(DIFFERENT, { ramp: ramp() }))
  const cases: [text: string, err: RegExp][] = [
    [whole.slice(0, 1000), /^f: not the whole of a JSON text: .+\n$/],
    ['', /not the whole of a JSON text/],
    ['[1]', /^f: expected a JSON object\n$/],
    ['{"routes":[]}', /^f: nothing that `gatehouse shadow export` has written\n$/],
    ['{"version":2,"reports":[]}', /^f: of another version of Gatehouse \(format 2\); this one reads format 1\n$/],
    ['{"version":1,"reports":{}}', /f: \/reports: expected a list/],
    [await spoilt(file => { delete file.exportedAt }), /^f: "exportedAt" is missing: text\n$/],
    [await spoilt(file => { file.reports[0].ledger.compared = '7' }), /^f: \/reports\/0\/ledger\/compared: expected a whole number/],
    [await spoilt(file => { file.reports[0].ledger.version = 2 }), /\/reports\/0\/ledger\/version: expected 1/],
    [await spoilt(file => { file.reports[0].ledger.differences[0].samples[0].live = { a: 1 } }), /\/differences\/0\/samples\/0\/live: expected text/],
    [await spoilt(file => { file.reports[0].ramp.percent = null }), /\/reports\/0\/ramp\/percent: expected a number/],
    [await spoilt(file => { file.reports[0].decisions = null }), /\/reports\/0\/decisions: expected a list/],
    [await spoilt(file => { file.reports = Array.from({ length: 9 }, () => 1) }), /^(f: \/reports\/\d: expected .*\n){3}and 6 more\n$/],
    [await spoilt(file => { file.reports = { [`${ESC}[2J`]: 1 } }), /expected/]
  ]
  for (const [text, err] of cases) {
    const ran = await shadow(['report', '--from', 'f'], { files: { f: text } })
    t.match([ran.status, ran.out], [1, ''], String(err))
    t.match(ran.err, err)
    t.notMatch(ran.err, ESC)
  }
  await t.rejects(shadow(['report', '--from', 'none']), { code: 'ENOENT' }, 'as the CLI tells it')
})

t.test('reads what a newer version has added', async t => {
  const text = await spoilt(file => {
    file.by = 'a newer one'
    const [report] = file.reports
    Object.assign(report, { breaker: 'resting', more: {} })
    report.decisions.push({ result: 'postponed', reason: 'moon', count: 3 })
    report.ramp.state = 'waiting'
    report.ramp.gates.push({ name: 'maxCost', value: 7, limit: 9, pass: true, broken: false })
    report.ledger.skipped['too-odd'] = 4
    Object.assign(report.ledger.differences[0], { kind: 'colour', path: 'body/x' })
    report.ledger.differences[0].samples[0].path = 'body/x/y'
  })
  const { status, out } = await shadow(['report', '--from', 'f'], { files: { f: text } })
  t.equal(status, 0)
  for (const shown of [/breaker resting/, /postponed 3 \(moon 3\)/, /10% waiting/, /maxCost 7 \(at most 9\) holds/, /not compared: too-odd 4/, /body\/x +colour .*body\/x\/y: 10 -> 10\.5/]) t.match(out, shown)
})

t.test('does to shadows what operators want', async t => {
  const answers = { 'POST /shadow/shop%3Av1/next/rollback': ramp(), 'POST /shadow/orders/next/reset': { status: undefined, did: 'reset' }, 'POST /shadow/orders/rust/reset': {}, 'GET /shadow': { total: 2, reports: [{ route: 'orders', name: 'next' }, { route: 'orders', name: 'rust' }] } }
  t.match(await shadow(['rollback', '--route', 'shop:v1', '--shadow', 'next'], { answers }), { status: 0, out: 'shop:v1 next: 1/3 10% ramping\n', asked: ['POST http://127.0.0.1:9090/shadow/shop%3Av1/next/rollback'] })
  t.match(await shadow(['reset', '--route', 'orders', '--shadow', 'next'], { answers }), { status: 0, out: 'orders next: counts anew\n' })
  t.match(await shadow(['reset', '--all'], { answers }), { status: 0, out: 'orders next: counts anew\norders rust: counts anew\n' })
  for (const action of ['promote', 'hold', 'resume', 'restart']) {
    t.match(await shadow([action, '--route', 'a', '--shadow', 'b', '--admin', 'http://user:pw@127.0.0.1:9090/ops//'], { answers: { [`POST /ops/shadow/a/b/${action}`]: ramp() } }), { status: 0, out: 'a b: 1/3 10% ramping\n' }, action)
  }
})

t.test('says in words why a gateway does not', async t => {
  const promote = async (answer: unknown) => {
    const { status, err } = await shadow(['promote', '--route', 'a', '--shadow', 'b'], { answers: { 'POST /shadow/a/b/promote': answer } })
    t.equal(status, 1)
    return err
  }
  const raw = (status: number, body: object) => ({ ...body, status })
  t.equal(await promote(raw(404, { known: ['reset', `x${ESC}`] })), 'a b: nothing to promote there; it knows reset, x\\u001b\n')
  t.equal(await promote(undefined), 'POST http://127.0.0.1:9090/shadow/a/b/promote: 404\n')
  t.match(await promote('{"state":"ramping"}'), /^a b: "stage" is missing/)
  t.match(await promote('<html>'), /promote: not the whole of a JSON text/)
  await t.rejects(promote(new OutboundError('unreachable', 'POST http://...: connection refused')), new OutboundError('unreachable', 'POST http://...: connection refused; is a gateway running? --admin says where its admin listener is'), 'as the CLI tells it')
  await t.rejects(promote(new OutboundError('timeout', 'POST http://...: no answer')), new OutboundError('timeout', 'POST http://...: no answer'))
  const report = async (answers: Record<string, unknown>) => (await shadow(['report'], { answers })).err
  t.match(await report({}), /^GET http:\/\/127\.0\.0\.1:9090\/shadow: no shadow reports there; is it the admin listener of a Gatehouse\?\n$/)
  t.match(await report({ 'GET /shadow': raw(403, {}) }), /: 403\n$/)
  t.match(await report({ 'GET /shadow': '{"total":1,"reports":[{"route":"a"}]}' }), /\/reports\/0: "name" is missing/)
  const page: CommandIo = { out: () => {}, err: text => { t.equal(text, 'POST http://a/shadow/a/b/hold: 502\n') }, coloured: false, readFile: async () => '', writeFile: async () => {}, ask: async () => ({ status: 502, body: '<html>' }) }
  t.equal(await shadowCommand.run(['hold', '--route', 'a', '--shadow', 'b', '--admin', 'a'], page), 1, 'somebody else answers')
  const list = { 'GET /shadow': { total: 1, reports: [{ route: 'a', name: 'b' }] } }
  t.match(await report({ ...list, 'GET /shadow/a/b': raw(500, {}) }), /shadow\/a\/b: 500\n$/)
  t.match(await report({ ...list, 'GET /shadow/a/b': '{}' }), /^GET http:.*\/shadow\/a\/b: "version" is missing: 1\n/)
})

t.test('knows a wrong command line', async t => {
  const cases: [argv: string[], message: RegExp][] = [
    [[], /^expected one of report, export, reset, promote, rollback, hold, resume, restart$/],
    [['repot'], /^"repot": expected one of .* \(did you mean report\?\)$/],
    [['toString'], /expected one of/],
    [['report', '--from', 'a', '--admin', 'b'], /one of them/],
    [['report', '--fail-over', '0.1'], /--fail-over takes a percentage such as 0\.1%, not "0\.1"/],
    [['report', '--fail-over', '101%'], /percentage/],
    [['report', '--min-compared', '-1'], /./],
    [['report', '--min-compared=1.5'], /--min-compared takes a whole number, not "1\.5"/],
    [['report', '--allow-undecided'], /not without it/],
    [['report', 'orders'], /orders/],
    [['report', '--out', 'x'], /--out/],
    [['report', '--admin', 'http://'], /--admin takes the address of an admin listener/],
    [['report', '--admin', 'http://a/?b'], /--admin takes/],
    [['promote', '--route', 'a'], /^promote takes --route and --shadow$/],
    [['promote', '--all'], /--all/],
    [['reset', '--shadow', 'a'], /^reset takes --route and --shadow, or --all$/],
    [['reset', '--all', '--route', 'a'], /--all is every shadow/]
  ]
  for (const [argv, message] of cases) {
    const error = await shadow(argv).then(() => null, (error: unknown) => error as Error)
    t.ok(error instanceof UsageError || (error as { code?: string } | null)?.code?.startsWith('ERR_PARSE_ARGS'), argv.join(' '))
    t.match(error?.message, message)
  }
  t.match((await shadow(['report', '--admin', 'localhost:1234']).catch(error => error)).asked, ['GET http://localhost:1234/shadow'], 'an address needs no scheme')
})

t.test('speaks to a real admin listener', async t => {
  const reports = new ReportRegistry()
  const scope = reports.scope('shadow', 'orders:v1')
  scope.publish('next', reportOf('orders:v1', 'next', DIFFERENT, { ramp: ramp() }))
  const breakers = opossumBreakers({ clock: fakeClock(), log: fakeLog() }).board
  const admin = adminServer({ state: { draining: false, listening: true, revision: 1 }, keeper: new TableKeeper(fakeRandom()), metrics: new MetricRegistry(), breakers, reports, inFlight: () => 0, onReload: null, published: () => [], redact: text => text, locate: fault => fault })
  t.teardown(() => admin.close())
  const { port } = await admin.listen({ host: '127.0.0.1', port: 0 })
  const run = async (...argv: string[]) => {
    let text = ''
    const print = (more: string) => { text += more }
    const ask: CommandIo['ask'] = async (url, method) => {
      const res = await fetch(url, { method })
      return { status: res.status, body: await res.text() }
    }
    const status = await shadowCommand.run([...argv, '--admin', `http://127.0.0.1:${port}`], { out: print, err: print, coloured: false, readFile: async () => '', writeFile: async () => {}, ask })
    return [status, text]
  }
  t.match(await run('report'), [0, /^orders:v1 next[^]*body\/items\/\*\/price/])
  t.same(await run('promote', '--route', 'orders:v1', '--shadow', 'next'), [0, 'orders:v1 next: 1/3 10% ramping\n'])
  t.same(await run('reset', '--all'), [0, 'orders:v1 next: counts anew\n'])
  t.match(await run('report', '--fail-over', '1%'), [1, /verdict {3}empty: [^]*failed: orders:v1 next: 0 pairs compared, fewer than 1\n$/])
  t.match(await run('reset', '--route', 'orders', '--shadow', 'next'), [1, /reset: 404 no report has this name\n$/])
})
