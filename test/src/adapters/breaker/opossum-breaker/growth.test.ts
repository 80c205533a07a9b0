import { setImmediate as turn } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import t from 'tap'
import { opossumBreakers } from '../../../../../src/adapters/breaker/opossum-breaker.ts'
import { fakeClock, fakeLog } from '../../../../../src/testing/index.ts'
import { entered, OPTIONS } from './breaker.ts'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void
const log = { ...fakeLog(), warn: () => {} }
const breakers = opossumBreakers({ clock: fakeClock(5000), log })

/** Made, used by `run` and by `enter`, listened to, opened, refused, forced and closed. */
function live (i: number) {
  const breaker = breakers({ ...OPTIONS, name: `idp ${i % 100}`, window: i % 2 === 0 ? 50 : { ms: 1000 }, onChange: () => {} })
  if (i % 10 === 0) breaker.circuit.on('success', () => {})
  void breaker.run(async () => i)
  for (let k = 0; k < 4; k++) entered(breaker).end('failure')
  breaker.enter()
  breaker.force('metrics-only')
  breaker.force(null)
  const late = entered(breaker)
  breaker.close()
  late.end('success')
  return breaker
}

async function heapAfter (n: number): Promise<number> {
  for (let i = 0; i < n; i++) {
    live(i)
    if (i % 100 === 0) await turn()
  }
  await turn()
  collect()
  return process.memoryUsage().heapUsed
}

t.test('ten thousand breakers leave neither memory, nor timers, nor an entry', async t => {
  const before = await heapAfter(1000)
  const active = process.getActiveResourcesInfo().length
  const after = await heapAfter(10_000)
  t.ok(after - before < 2 ** 20, `100 bytes each at most, and it was ${Math.round((after - before) / 10_000)}`)
  t.equal(process.getActiveResourcesInfo().length, active)
  t.same(breakers.board.list(10), { total: 0, breakers: [] })
})

t.test('a breaker that is closed can be collected, and one that lives cannot', async t => {
  const gone = Array.from({ length: 20 }, (_, i) => new WeakRef(live(i)))
  const kept = new WeakRef(breakers({ ...OPTIONS, name: 'kept' }))
  await turn()
  collect()
  t.ok(gone.every(one => one.deref() === undefined))
  t.match(kept.deref(), { name: 'kept' })
})
