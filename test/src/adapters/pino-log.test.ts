import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import t from 'tap'
import { pinoLog, type LogOptions } from '../../../src/adapters/pino-log.ts'
import { GatewayError } from '../../../src/contract/errors.ts'

type Line = Record<string, unknown>

function keep (level: LogOptions['level'] = 'debug') {
  const written: string[] = []
  const log = pinoLog({ level, destination: { write: line => { written.push(line) } } })
  return { log, written, lines: () => written.map(line => JSON.parse(line) as Line) }
}

const logged = (fields: object): Line => {
  const { log, lines } = keep()
  log.error(fields, 'failed')
  return lines()[0]!
}

t.test('writes one line of JSON in ECS names', async t => {
  const { log, written, lines } = keep()
  const before = new Date().toISOString()
  log.info({ 'gatehouse.route': 'orders', 'process.pid': 7 }, 'listening\n"here"')
  const [line] = lines()
  t.match(line, { 'log.level': 'info', message: 'listening\n"here"', 'gatehouse.route': 'orders', 'process.pid': 7 })
  t.same(Object.keys(line!).sort(), ['@timestamp', 'gatehouse.route', 'log.level', 'message', 'process.pid'])
  t.match(line!['@timestamp'], /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  t.ok(String(line!['@timestamp']) >= before)
  t.match(written[0], /^[^\n]+\n$/)
})

t.test('writes the levels from its own upwards', async t => {
  for (const [level, expected] of [
    ['debug', ['debug', 'info', 'warn', 'error']], ['info', ['info', 'warn', 'error']], ['warn', ['warn', 'error']], ['error', ['error']], ['silent', []]
  ] as const) {
    const { log, lines } = keep(level)
    for (const one of ['debug', 'info', 'warn', 'error'] as const) log[one]({ was: one }, one)
    t.same(lines().map(line => line['log.level']), expected, level)
    t.same(lines().map(line => line['was']), expected, level)
  }
})

t.test('writes a ready line as it is, where the level lets it through', async t => {
  for (const [level, expected] of [['debug', ['{}\n']], ['info', ['{}\n']], ['warn', []], ['silent', []]] as const) {
    const { log, written } = keep(level)
    log.line('{}\n')
    t.same(written, expected, level)
  }
})

t.test('writes an error in ECS names', async t => {
  const error = new TypeError('not a function')
  const line = logged({ error, 'http.request.id': 'r1' })
  t.match(line, { 'error.type': 'TypeError', 'error.message': 'not a function', 'http.request.id': 'r1', message: 'failed' })
  t.equal(line['error.stack_trace'], error.stack)
  t.notOk('error' in line || 'error.code' in line)
})

t.test('tells the code of an error, and its causes', async t => {
  const cause = Object.assign(new Error('refused', { cause: 'a text' }), { code: 'ECONNREFUSED' })
  const line = logged({ error: new GatewayError('GW_UPSTREAM_UNREACHABLE', 'no answer', { cause }) })
  t.match(line, { 'error.type': 'GatewayError', 'error.message': 'no answer', 'error.code': 'GW_UPSTREAM_UNREACHABLE' })
  t.match(line['error.stack_trace'], /^GatewayError: no answer\n[^]*\ncaused by: Error: refused\n/)
  t.equal(logged({ error: cause, 'error.code': 'GW_INTERNAL' })['error.code'], 'GW_INTERNAL', 'what the caller says comes first')
})

t.test('does not follow causes in a circle', async t => {
  const error = new Error('round')
  error.cause = error
  t.equal(String(logged({ error })['error.stack_trace']).split('caused by').length, 6)
})

t.test('tells what several attempts have failed with', async t => {
  t.equal(logged({ error: new AggregateError([new Error('::1 refused'), 'gone']) })['error.message'], '::1 refused; gone')
  t.equal(logged({ error: new AggregateError([], 'all failed') })['error.message'], 'all failed')
  t.equal(logged({ error: new Error('') })['error.message'], '')
})

t.test('writes whatever was thrown', async t => {
  for (const [thrown, message] of [['a text', 'a text'], [undefined, 'undefined'], [null, 'null'], [7, '7'], [Object.create(null), '[Object: null prototype] {}'], [{ a: 1 }, '{ a: 1 }'], [Symbol('s'), 'Symbol(s)']] as const) {
    t.same(logged({ error: thrown })['error.message'], message)
  }
  const bare = new Error('no stack')
  delete bare.stack
  t.equal(logged({ error: bare })['error.stack_trace'], 'Error: no stack')
})

t.test('writes an error that stands in the place of the fields', async t => {
  t.match(logged(new RangeError('too deep')), { 'error.type': 'RangeError', 'error.message': 'too deep', message: 'failed' })
})

t.test('writes fields that JSON has no form for', async t => {
  const circle: { self?: object } = {}
  circle.self = circle
  t.match(logged({ circle, big: 1n, odd: '\u2028"\u0007' }), { big: 1, odd: '\u2028"\u0007' })
})

t.test('flushes a destination that can be, and no other', async t => {
  let flushed = 0
  const log = pinoLog({ level: 'info', destination: { write: () => {}, flush: () => { flushed++ } } as never })
  log.flush()
  t.equal(flushed, 1)
  t.doesNotThrow(() => keep().log.flush())
})

/** Runs code with a `log` to the standard output of a process of its own. */
function child (code: string, stdout: 'pipe' | number = 'pipe') {
  const module = JSON.stringify(new URL('../../../src/adapters/pino-log.ts', import.meta.url).href)
  return spawn(process.execPath, ['--input-type=module', '-e', `import { pinoLog } from ${module}; const log = pinoLog({ level: 'info' }); ${code}`], { stdio: ['ignore', stdout, 'inherit', 'ipc'] })
}

const parsed = (lines: string): Line[] => lines.split(/(?<=\n)/).map(line => JSON.parse(line) as Line)

t.test('writes all lines to the standard output at a flush', async t => {
  const { stdout } = child('for (let i = 0; i < 500; i++) log.info({ i }, "line"); log.line("{}\\n"); log.flush(); process.kill(process.pid, "SIGKILL")')
  t.same(parsed(await text(stdout!)).map(line => line['i']), [...Array(500).keys(), undefined])
})

t.test('writes lines without a flush: a moment later, and as the process ends', async t => {
  const waiting = child('log.info({}, "first"); setInterval(() => {}, 1000)')
  const [chunk] = await once(waiting.stdout!, 'data') as [Buffer]
  t.equal(parsed(String(chunk))[0]!['message'], 'first')
  waiting.kill()
  await once(waiting, 'close')
  for (const end of ['', 'process.exit(1)', 'setImmediate(() => { process.exit(1) })']) {
    t.match(parsed(await text(child(`log.info({}, "last"); ${end}`).stdout!)), [{ message: 'last' }])
  }
})

t.test('keeps lines whole and in their order, however many there are', async t => {
  const { stdout } = child('for (let i = 0; i < 20_000; i++) { log.info({ i }, "line"); if (i === 15_000) log.flush(); if (i % 5000 === 0) await new Promise(setImmediate) } log.flush()')
  t.same(parsed(await text(stdout!)).map(line => line['i']), [...Array(20_000).keys()])
})

t.test('does not hold more than 16 MiB of lines, and tells how many it has dropped', async t => {
  for (const flush of ['', 'log.flush()']) {
    const { stdout } = child(`const line = JSON.stringify({ a: "x".repeat(1e6) }) + "\\n"; for (let i = 0; i < 40; i++) log.line(line); ${flush}`)
    const lines = parsed(await text(stdout!))
    const kept = lines.filter(({ a }) => a).length
    t.ok(kept >= 15 && kept <= 17, `${kept} of 40`)
    t.match(lines.at(-1), { 'log.level': 'warn', 'gatehouse.dropped': 40 - kept })
  }
})

t.test('outlives the reader of its lines', async t => {
  const writer = child('process.on("message", () => { log.info({}, "unread"); log.flush(); log.info({}, "unread"); log.flush(); process.exit(7) }); process.send("ready")')
  await once(writer, 'message')
  const closed = once(writer.stdout!, 'close')
  writer.stdout!.destroy()
  await closed
  writer.send('go')
  t.same(await once(writer, 'exit'), [7, null])
})
