import fc from 'fast-check'
import t from 'tap'
import { roundRobin } from '../../../src/upstream/balance.ts'

t.test('nobody is chosen where there is nobody, or none with a weight', async t => {
  t.equal(roundRobin([])(), null)
  t.equal(roundRobin([{ weight: 0 }, { weight: 0 }])(), null)
})

t.test('one member is chosen every time', async t => {
  const only = { weight: 3 }
  const next = roundRobin([{ weight: 0 }, only])
  t.same([next() === only, next() === only], [true, true])
})

t.test('heavy members do not come in bursts', async t => {
  const next = roundRobin([{ id: 'a', weight: 5 }, { id: 'b', weight: 1 }, { id: 'c', weight: 1 }])
  t.equal(Array.from({ length: 7 }, () => next()!.id).join(''), 'aabacaa')
})

t.test('each round gives every member its weight', async t => {
  t.doesNotThrow(() => {
    fc.assert(fc.property(fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 1, maxLength: 8 }), weights => {
      const members = weights.map(weight => ({ weight }))
      const total = weights.reduce((sum, weight) => sum + weight, 0)
      const next = roundRobin(members)
      if (total === 0) return next() === null
      for (let round = 0; round < 2; round++) {
        const counts = new Map<object | null, number>()
        for (let i = 0; i < total; i++) {
          const chosen = next()
          counts.set(chosen, (counts.get(chosen) ?? 0) + 1)
        }
        if (members.some(member => (counts.get(member) ?? 0) !== member.weight)) return false
      }
      return true
    }))
  })
})
