import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import t, { type Test } from 'tap'
import { asideModule } from '../../../src/adapters/aside-module.ts'
import { threadAside, type ThreadAside } from '../../../src/adapters/aside.ts'
import { inlineAside } from '../../../src/testing/index.ts'
import type { Order } from './aside/job.ts'

const JOB = import.meta.resolve('./aside/job.ts')
const MINUTE_MS = 60_000

function aside (t: Test): ThreadAside & { ask(order: Order, timeoutMs?: number): Promise<unknown> } {
  const made = threadAside()
  t.teardown(() => made.close())
  return { ...made, ask: (order, timeoutMs = MINUTE_MS) => made.run<Order, unknown>(JOB, order, { timeoutMs }) }
}

t.test('does work in another thread, and copies what goes there and comes back', async t => {
  const { ask } = aside(t)
  t.ok(await ask({ do: 'thread' }) as number > 0)
  const bytes = new Uint8Array([1, 2, 3])
  const value = { a: [1, null, 'ä'], at: new Date(0), bytes, big: 1n }
  t.strictSame(await ask({ do: 'give', value }), value)
  t.equal(bytes.length, 3, 'bytes are not taken away')
  t.match(await ask({ do: 'import' }), /a/, 'sources are imported as they are')
})

t.test('goes on after work that fails', async t => {
  const { ask, run } = aside(t)
  const failures: [Order, RegExp][] = [
    [{ do: 'throw' }, /^a bug$/], [{ do: 'exit' }, /exited with code: 3/], [{ do: 'stray' }, /^stray$/], [{ do: 'function' }, /cannot be copied|could not be cloned/],
    [{ do: 'give', value: () => {} }, /could not be cloned/]
  ]
  for (const [order, message] of failures) await t.rejects(ask(order), { name: 'AsideError', fault: 'failed', message })
  await t.rejects(run(import.meta.resolve('./aside/nothing.ts'), null, { timeoutMs: MINUTE_MS }), { name: 'AsideError', fault: 'failed', message: /nothing\.ts/ })
  await t.rejects(run(import.meta.resolve('../../../src/adapters/store-limits.ts'), null, { timeoutMs: MINUTE_MS }), { name: 'AsideError', fault: 'failed', message: /No handler/ })
  t.equal(await ask({ do: 'give', value: 1 }), 1)
})

t.test('ends work that takes too much memory, and no more than that', async t => {
  const { ask } = aside(t)
  const filling = ask({ do: 'fill' })
  const behind = ask({ do: 'give', value: 'behind' })
  await t.rejects(filling, { name: 'AsideError', fault: 'failed', message: /memory/ })
  t.equal(await behind, 'behind')
})

t.test('ends work that takes too long, and what waits behind it goes on', async t => {
  const { ask } = aside(t)
  const first = await ask({ do: 'thread' })
  for (const order of [{ do: 'spin' }, { do: 'hang' }] as const) {
    const late = ask(order, 50)
    const behind = ask({ do: 'thread' })
    await t.rejects(late, { name: 'AsideError', fault: 'timeout', message: 'not done in 50 ms' })
    t.not(await behind, first, 'in a thread of its own: that one is gone')
  }
})

t.test('counts the time that work waits', async t => {
  const { ask } = aside(t)
  const gate = new Int32Array(new SharedArrayBuffer(4))
  const open = ask({ do: 'wait', gate })
  await t.rejects(ask({ do: 'give', value: 1 }, 0.5), { name: 'AsideError', fault: 'timeout' })
  Atomics.store(gate, 0, 1)
  Atomics.notify(gate, 0)
  await open
})

t.test('lets sixteen wait and refuses more, in the order they came', async t => {
  const { ask } = aside(t)
  const gate = new Int32Array(new SharedArrayBuffer(4))
  const first = ask({ do: 'wait', gate })
  const done: unknown[] = []
  const late = ask({ do: 'give', value: 'late' }, 1)
  const waiting = Array.from({ length: 15 }, (_, i) => ask({ do: 'give', value: i }).then(i => done.push(i)))
  await t.rejects(late, { name: 'AsideError', fault: 'timeout' })
  await t.rejects(ask({ do: 'give', value: 'more' }), { name: 'AsideError', fault: 'busy' })
  Atomics.store(gate, 0, 1)
  Atomics.notify(gate, 0)
  await Promise.all([first, ...waiting])
  t.strictSame(done, Array.from({ length: 15 }, (_, i) => i))
  t.equal(await ask({ do: 'give', value: 'more' }), 'more')
})

t.test('takes any time that a number can be', async t => {
  const { ask } = aside(t)
  t.equal(await ask({ do: 'give', value: 1 }, Infinity), 1)
  await t.rejects(ask({ do: 'spin' }, -1), { name: 'AsideError', fault: 'timeout' })
})

t.test('ends what is under way when it closes, and takes no more', async t => {
  const { ask, close } = aside(t)
  await ask({ do: 'give', value: 1 })
  const under = [ask({ do: 'spin' }), ask({ do: 'give', value: 1 })].map(work => t.rejects(work, { name: 'AsideError', fault: 'failed' }))
  await new Promise(setImmediate)
  await close()
  await Promise.all(under)
  await close()
  await t.rejects(ask({ do: 'give', value: 1 }), { name: 'AsideError', fault: 'failed', message: /closing/ })
  const { ask: atOnce, close: closeAtOnce } = aside(t)
  const starting = t.rejects(atOnce({ do: 'spin' }), { name: 'AsideError', fault: 'failed' })
  await closeAtOnce()
  await starting
  await aside(t).close()
})

t.test('keeps no process alive that has nothing else to do', async t => {
  const script = `${t.testdir({})}/main.ts`
  writeFileSync(script, `
    import { threadAside } from ${JSON.stringify(import.meta.resolve('../../../src/adapters/aside.ts'))}
    console.log(await threadAside().run(${JSON.stringify(JOB)}, { do: 'give', value: 'done' }, { timeoutMs: ${MINUTE_MS} }))`)
  const { status, stdout, stderr } = spawnSync(process.execPath, [script], { encoding: 'utf8', timeout: 20_000 })
  t.equal(status, 0, stderr)
  t.equal(stdout, 'done\n')
})

t.test('names what was built where it is built itself', async t => {
  const folder = t.testdir({ 'own.ts': '' })
  const own = pathToFileURL(`${folder}/own.ts`).href
  const gone = pathToFileURL(`${folder}/job.ts`).href
  t.equal(asideModule(gone, 'file:///a/src/aside.ts'), gone)
  t.equal(asideModule(gone, 'file:///a/dist/aside.js'), pathToFileURL(`${folder}/job.js`).href)
  t.equal(asideModule(own, 'file:///a/dist/aside.js'), own, 'an operator\'s own room is what it is')
  t.equal(asideModule('file:///a/job.js', 'file:///a/dist/aside.js'), 'file:///a/job.js')
})

t.test('the fake does the same in this thread', async t => {
  const bytes = new Uint8Array([1])
  const back = await inlineAside.run<Order, Uint8Array>(JOB, { do: 'give', value: bytes }, { timeoutMs: 1 })
  t.strictSame(back, bytes)
  t.not(back, bytes)
  t.equal(await inlineAside.run(JOB, { do: 'thread' }, { timeoutMs: 1 }), 0)
  await t.rejects(inlineAside.run(JOB, { do: 'throw' }, { timeoutMs: 1 }), { name: 'AsideError', fault: 'failed', message: 'a bug' })
  await t.rejects(inlineAside.run(JOB, { do: 'function' }, { timeoutMs: 1 }), { name: 'AsideError', fault: 'failed' })
})
