import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import t from 'tap'
import { CountWindow } from '../../../../src/adapters/breaker/count-window.ts'
import { sum, sumsOf } from './opossum-breaker/outcome-sums.ts'

t.test('sums up the last calls', t => {
  const outcome = fc.record({ failed: fc.boolean(), slow: fc.boolean() })
  fc.assert(fc.property(fc.integer({ min: 1, max: 12 }), fc.array(outcome, { maxLength: 60 }), (size, calls) => {
    const window = new CountWindow(size)
    return calls.every(({ failed, slow }, i) => {
      window.add(failed, slow)
      window.age()
      return isDeepStrictEqual(sumsOf(window), sum(calls.slice(Math.max(0, i + 1 - size), i + 1)))
    })
  }))
  t.end()
})

t.test('is empty once it is cleared', t => {
  const window = new CountWindow(3)
  for (let i = 0; i < 5; i++) window.add(true, true)
  window.clear()
  t.strictSame(sumsOf(window), { calls: 0, failures: 0, slow: 0 })
  for (let i = 0; i < 4; i++) window.add(i === 3, false)
  t.strictSame(sumsOf(window), { calls: 3, failures: 1, slow: 0 }, 'and nothing of before is subtracted')
  t.end()
})
