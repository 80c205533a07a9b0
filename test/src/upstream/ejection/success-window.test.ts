import t from 'tap'
import fc from 'fast-check'
import { SuccessWindow } from '../../../../src/upstream/ejection/success-window.ts'

t.test('counts the calls of the window and forgets those before', async t => {
  const window = new SuccessWindow(1000)
  t.same([window.calls, window.successRate], [0, 1])
  window.add(true, 0)
  window.add(false, 50)
  window.add(false, 950)
  t.same([window.calls, window.successRate], [3, 1 / 3])
  window.add(true, 1000)
  t.same([window.calls, window.successRate], [2, 0.5], 'the first slice is over')
  window.add(true, 5000)
  t.same([window.calls, window.successRate], [1, 1], 'after a whole window without calls, all')
  window.clear()
  t.same([window.calls, window.successRate], [0, 1])
})

t.test('is exact to a tenth of the window, whatever the calls', async () => {
  const calls = fc.array(fc.record({ afterMs: fc.nat(1500), success: fc.boolean() }), { maxLength: 60 })
  fc.assert(fc.property(calls, some => {
    const window = new SuccessWindow(1000)
    const all: { atMs: number, success: boolean }[] = []
    let nowMs = 0
    for (const { afterMs, success } of some) {
      nowMs += afterMs
      window.add(success, nowMs)
      all.push({ atMs: nowMs, success })
      const counted = all.filter(({ atMs }) => Math.floor(atMs / 100) > Math.floor(nowMs / 100) - 10)
      if (window.calls !== counted.length) return false
      if (Math.abs(window.successRate - counted.filter(one => one.success).length / counted.length) > 1e-9) return false
    }
    return true
  }))
})
