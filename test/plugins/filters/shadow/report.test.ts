import t from 'tap'
import { certainty, millis, percent, span } from '../../../../plugins/filters/shadow/report/figures.ts'
import { printable, printableJson } from '../../../../plugins/filters/shadow/report/printable.ts'
import { textTable } from '../../../../plugins/filters/shadow/report/text-table.ts'
import { firstState } from '../../../../plugins/filters/shadow/stages/ramp-state.ts'
import type { RampView } from '../../../../plugins/filters/shadow/stages/ramp-view.ts'
import { DIFFERENT, EQUALS, ESC, listing, one, ramp, reportOf, shadow, spoilt, type Named } from './report/published.ts'

t.test('shows what became of requests, and where answers differ beyond noise', async t => {
  const { status, out, err, asked } = await shadow(['report'], { answers: await listing(one({ ...DIFFERENT, failsEvery: 1000 })) })
  t.same([status, err], [0, ''])
  t.same(asked, ['GET http://127.0.0.1:9090/shadow', 'GET http://127.0.0.1:9090/shadow/orders/next'])
  t.match(out, /^orders next {2}async\+selective, to next-service, since 2026-01-01T00:00:00\.000Z\n/)
  t.match(out, /^ {2}requests {2}sent 1,200; dropped 1 \(full 1\)$/m)
  t.match(out, /^ {2}now {7}2 in flight, 1 waiting \(1,500 B\), breaker closed$/m)
  t.match(out, /^ {2}compared {2}2,000 of 2,000 pairs: 1,\d+ equal, \d+ noise, 200 different$/m)
  t.match(out, /^ {2}noise {5}from asking the live version twice, 2,000 comparisons$/m)
  t.match(out, /^ {2}verdict {3}different: 10% of the pairs differ beyond noise$/m)
  t.match(out, /^ {2}errors +0% {2}0\.1% \(2.*\)$/m)
  t.match(out, /^ {2}p99 +[\d.]+ms +[\d.]+ms +x1\.00$/m)
  t.match(out, /^ {2}difference {2}body\/items\/\*\/price +number +10% +0% +100% +10% +99\.\d+% {2}10 -> 10\.5$/m)
  t.match(out, /^ {2}not shown: 1 of noise, or too rare to report$/m)
  t.notMatch(out, /header\/date|live beside/)
  t.notMatch(out, ESC)
})

t.test('is short where there is little to say', async t => {
  t.same(await shadow(['report'], { answers: { 'GET /shadow': { total: 0, reports: [] } } }), { status: 0, out: 'no route has a shadow\n', err: '', written: {}, asked: ['GET http://127.0.0.1:9090/shadow'] })
  const empty = await shadow(['report'], { answers: await listing(one({})) })
  t.match(empty.out, /verdict {3}empty: nothing was compared\n[^]*p99 +- +- +-$/m)
  t.notMatch(empty.out, /VERDICT/)
  const blind = await spoilt(file => {
    Object.assign(file.reports[0], { noise: 'none' })
    Object.assign(file.reports[0].ledger, { comparedBlind: 7, errors: { live: { count: 0, rate: 0, codes: {} }, shadow: { count: 3, rate: 0.1, codes: { GW_A: 1, GW_B: 2 } } } })
  })
  const { out } = await shadow(['report', '--from', 'f'], { files: { f: blind } })
  t.match(out, /^ {2}noise {5}not learned; 7 pairs whose noise cannot be learned$/m)
  t.match(out, /^ {2}errors +0% +10% \(3, most GW_B\)$/m)
  const uncompared = await shadow(['report'], { answers: await listing(one(null)) })
  t.match(uncompared.out, /compared {2}no: answers are not compared\n$/)
  t.match((await shadow(['report'], { answers: await listing(one(EQUALS)) })).out, /verdict {3}equal: 0% of/)
  t.match((await shadow(['report'], { answers: await listing(one({ ...EQUALS, shadowMs: 9 })) })).out, /verdict {3}different: 0% of the pairs differ beyond noise; errors or latency are worse than live\n/)
  t.match((await shadow(['report'], { answers: await listing(one({ ...EQUALS, pairs: 40, failsEvery: 20 })) })).out, /verdict {3}undecided: 0% of the pairs differ beyond noise; errors or latency may be worse than live\n/)
})

t.test('shows where a ramp is, and what it waits for', async t => {
  const shown = async (view: RampView) => (await shadow(['report'], { answers: await listing(one(EQUALS, { ramp: view })) })).out
  const going = await shown(ramp())
  t.match(going, /^ {2}ramp {6}1\/3 10% ramping since 2026-01-01T00:00:00\.000Z: begun$/m)
  t.match(going, /^ {2}gates {5}minSamples 120 \(at least 100\) holds; maxDifference 0% \(at most 1%\) holds; maxErrors 0% .* holds; maxP99 x1\.00 \(at most x1\.50\) holds$/m)
  t.match(going, /^ {2}next {6}no sooner than in 4m 59s$/m)
  t.match(await shown(ramp({ shared: false }, 2)), /begun; of this process only\n.*maxDifference 1\.67% \(at most 1%\) not yet/)
  t.match(await shown(ramp({ storeDown: true }, 60)), /begun; the store cannot be reached\n.*maxDifference 50% \(at most 1%\) broken/)
  const stopped = await shown(ramp({ state: { ...firstState(1, '2026-01-01T00:00:00.000Z'), stage: -1, state: 'stopped', frozen: true, reason: `too bad${ESC}[2J` }, percent: 0 }))
  t.match(stopped, /^ {2}ramp {6}stopped since .*: too bad\\u001b\[2J$/m)
  t.notMatch(stopped, /gates|next {6}/)
  t.match(await shown(ramp({ state: null })), /^ {2}ramp {6}stopped: the state has not been read yet$/m)
})

t.test('shows several shadows of a route in one table first', async t => {
  const reports: Named[] = [
    ['shop', 'lone', reportOf('shop', 'lone', null)],
    ['orders', 'next', reportOf('orders', 'next', DIFFERENT, { ramp: ramp() })],
    ['orders', 'rust', reportOf('orders', 'rust', EQUALS)],
    ['orders', 'same', reportOf('orders', 'same', null, { role: 'secondary' })],
    ['orders', 'dark', reportOf('orders', 'dark', null)]
  ]
  const { out } = await shadow(['report'], { answers: await listing(reports) })
  const matrix = out.slice(out.indexOf('orders  live beside'), out.indexOf('\norders next  '))
  t.match(matrix, /^orders {2}live beside 4 shadows; errors of live 0%\n {2}SHADOW {2}UPSTREAM +SENT +COMPARED +EQUAL +NOISE +DIFFERENT +ERRORS +P99 +STAGE +VERDICT\n/)
  t.match(matrix, /^ {2}next {4}next-service {2}1,200 +2,000 +1,\d+ +\d+ +10% +0% +x1\.00 {2}1\/3 10% ramping {2}different$/m)
  t.match(matrix, /^ {2}rust .* 0% +0% +x1\.00 {2}- +equal$/m)
  t.match(matrix, /^ {2}same {4}same-service {2}1,200( +-){7} +secondary$/m)
  t.match(matrix, /^ {2}dark .*not compared$/m)
  t.equal(new Set(matrix.split('\n').slice(1, -1).map(line => line.search(/VERDICT|different$|equal$|secondary$|not compared$/))).size, 1, 'its columns are one below the other')
  t.equal(out.indexOf('shop lone'), 0, 'a route with one shadow has none')
  t.match(out, /orders same .*, secondary of live, .*\n.*\n.*\n {2}compared {2}no: others are, with its noise\n/)
})

t.test('fails a pipeline over a limit, and says which', async t => {
  const verdict = async (reports: readonly Named[], ...args: string[]) => {
    const { status, err } = await shadow(['report', ...args], { answers: await listing(reports) })
    return [status, err]
  }
  t.same(await verdict(one(DIFFERENT), '--fail-over', '0.1%'), [1, 'failed: orders next: 10% of 2,000 compared pairs differ beyond noise, more than 0.1%\n'])
  t.same(await verdict(one(DIFFERENT), '--fail-over', '10%'), [0, ''], 'no more than that')
  t.same(await verdict(one(DIFFERENT)), [0, ''], 'without a limit it only shows')
  t.same(await verdict(one(EQUALS), '--fail-over', '0%'), [0, ''])
  t.same(await verdict(one(EQUALS), '--min-compared', '2000'), [0, ''])
  t.same(await verdict(one(DIFFERENT), '--min-compared', '2001'), [1, 'failed: orders next: 2,000 pairs compared, fewer than 2,001\n'])
  t.same(await verdict(one({ ...EQUALS, shadowMs: 9 }), '--fail-over', '100%'), [1, 'failed: orders next: slower than live: p50, p95, p99 (p99 x1.77)\n'])
  t.match(await verdict(one({ ...EQUALS, failsEvery: 20 }), '--fail-over', '100%'), [1, /^failed: orders next: 5% errors, live 0%\n$/])
  const two: Named[] = [...one(EQUALS), ['shop', 'next', reportOf('shop', 'next', DIFFERENT)]]
  t.match(await verdict(two, '--fail-over', '0.5%'), [1, /^failed: shop next: 10% of.*\n$/])
  t.same(await verdict(two, '--fail-over', '0.5%', '--route', 'orders'), [0, ''])
})

t.test('never passes a pipeline because nothing was looked at', async t => {
  const verdict = async (reports: readonly Named[], ...args: string[]) => {
    const { status, err } = await shadow(['report', ...args], { answers: { 'GET /shadow': { total: 0, reports: [] }, ...reports.length > 0 && await listing(reports) } })
    return [status, err]
  }
  t.same(await verdict([], '--fail-over', '1%'), [1, 'failed: nothing is compared here\n'])
  t.same(await verdict(one(null), '--min-compared', '0'), [1, 'failed: nothing is compared here\n'])
  t.same(await verdict(one({}), '--fail-over', '1%'), [1, 'failed: orders next: 0 pairs compared, fewer than 1\n'])
  t.same(await verdict(one({}), '--fail-over', '1%', '--min-compared', '0'), [0, ''])
  t.same(await verdict([...one(EQUALS), ['orders', 'same', reportOf('orders', 'same', null, { role: 'secondary' })]], '--fail-over', '1%'), [0, ''], 'a secondary is compared with nothing')
  const young = one({ pairs: 500, priceEvery: 2, repeats: 2 })
  t.match(await verdict(young, '--fail-over', '1%'), [1, 'failed: orders next: undecided: 50% of 500 compared pairs may differ beyond noise, more than 1%; noise is known from 2 comparisons\n'])
  t.match(await verdict(young, '--fail-over', '1%', '--allow-undecided'), [0, /^orders next: undecided: 50% of 500/])
  t.same(await verdict(young, '--fail-over', '50%'), [0, ''])
  t.match((await shadow(['report'], { answers: await listing(one({ pairs: 50, priceEvery: 2 })) })).out, /undecided: 0% .*, up to 50% may\n[^]*noise is not known yet/)
})

t.test('never has a terminal do what an answer says', async t => {
  const hostile = `${ESC}]0;owned\u0007\u009b2J\r\n\u202e`
  const text = await spoilt(file => {
    const [report] = file.reports
    for (const key of ['route', 'shadow', 'upstream', 'mode', 'since', 'breaker']) report[key] = hostile
    report.decisions = [{ result: hostile, reason: hostile, count: 1 }]
    Object.assign(report.ramp, { state: hostile, since: hostile, reason: hostile })
    report.ramp.gates[0].name = hostile
    report.ledger.skipped = { [hostile.replace('\r\n', '')]: 1 }
    report.ledger.errors.shadow = { count: 1, rate: 0.1, codes: { [hostile.replace('\r\n', '')]: 1 } }
    Object.assign(report.ledger.differences[0], { path: hostile, kind: hostile, samples: [{ requestId: '', time: '', live: hostile, shadow: 'x'.repeat(1000), path: hostile }] })
    report.ledger.differences[1] = { ...report.ledger.differences[0], kind: 'latency', path: `latency/${hostile}` }
    file.reports.push(report)
  })
  const { out, err } = await shadow(['report', '--from', 'f', '--fail-over', '0%'], { files: { f: text } })
  t.notMatch(out + err, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/) // eslint-disable-line no-control-regex
  t.match(out, '\\u001b]0;owned\\u0007\\u009b2J\\u000d\\u000a\\u202e')
  t.notMatch(out, 'x'.repeat(50))
})

t.test('shows the worst fifty places', async t => {
  const text = await spoilt(file => { file.reports[0].ledger.differences = Array.from({ length: 70 }, (_, i) => ({ ...file.reports[0].ledger.differences[0], path: `body/${i}`, confidence: null, samples: [] })) })
  const { out } = await shadow(['report', '--from', 'f'], { files: { f: text } })
  t.equal(out.match(/^ {2}difference {2}body/gm)?.length, 50)
  t.match(out, /^ {2}not shown: 20 more; --json has all of them$/m)
  t.match(out, /^ {2}difference {2}body\/49 .* -$/m)
})

t.test('colours what is good and bad, on a terminal', async t => {
  const { out } = await shadow(['report'], { answers: await listing(one(DIFFERENT, { ramp: ramp({}, 60) })), coloured: true })
  t.match(out, `${ESC}[1morders next${ESC}[22m`)
  t.match(out, `${ESC}[31mdifferent: 10%`)
  t.match(out, `  ${ESC}[31mdifference${ESC}[39m  body/items/*/price`)
  t.match(out, `${ESC}[31mmaxDifference 50%`)
  t.match(out, `${ESC}[32mminSamples`)
})

t.test('writes figures that mean what they say', async t => {
  t.same([0, 1, 0.5, 0.0123, 0.00034, 0.000001, -0.005].map(percent), ['0%', '100%', '50%', '1.23%', '0.034%', '<0.001%', '-0.5%'])
  t.same([0.999999, 0.9999994, 0.5, 0].map(certainty), ['99.9999%', '99.9999%', '50%', '0%'])
  t.same([0, 1.234, 12.34, 999, 1234].map(millis), ['0ms', '1.23ms', '12.3ms', '999ms', '1.23s'])
  t.same([0, 1, 1500, 60_000, 3_723_000, 90_000_000].map(span), ['1s', '1s', '2s', '1m', '1h 2m', '1d 1h'])
  t.equal(printable('ünïcode 😀😀', 9), 'ünïcode …')
  t.equal(printable('abc', 3), 'abc')
  t.same(JSON.parse(printableJson({ a: `\u2028${ESC}\n` })), { a: `\u2028${ESC}\n` })
  t.equal(textTable([{ title: 'A' }, { title: 'B', right: true }], [['x', `${ESC}[31m1${ESC}[39m`], ['yy']], ' '), ` A   B\n x   ${ESC}[31m1${ESC}[39m\n yy\n`)
})
