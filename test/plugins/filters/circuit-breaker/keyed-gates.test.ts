import t from 'tap'
import { keyHash, KeyedGates } from '../../../../plugins/filters/circuit-breaker/keyed-gates.ts'
import type { BreakerState } from '../../../../src/contract/index.ts'
import { fakeBreaker } from '../../../../src/testing/index.ts'

/** Gates whose breakers are in the state of their key: `open-1` is open. */
function gates (max: number) {
  const open = new Set<string>()
  const made = new KeyedGates(key => {
    open.add(key)
    return fakeBreaker({ name: key, state: key.split('-')[0] as BreakerState, close: () => { open.delete(key) } })
  }, { failing: new Set(), slowMs: Infinity }, max)
  return { gates: made, open }
}

t.test('makes a breaker when its key is first met', async t => {
  const { gates: made, open } = gates(3)
  t.equal(made.peek('closed-1'), undefined)
  const first = made.of('closed-1')
  t.equal(made.of('closed-1'), first)
  t.equal(made.peek('closed-1'), first)
  t.same([made.size, [...open]], [1, ['closed-1']])
})

t.test('lets the least lately used go, and closes it', async t => {
  const { gates: made, open } = gates(3)
  for (const key of ['closed-1', 'closed-2', 'closed-3', 'closed-1', 'closed-4']) made.of(key)
  t.same([...open], ['closed-1', 'closed-3', 'closed-4'])
  made.close()
  t.same([made.size, [...open]], [0, []])
})

t.test('lets a closed one go before an open one', async t => {
  const { gates: made, open } = gates(4)
  for (const key of ['open-1', 'half-open-2', 'closed-3', 'open-4', 'closed-5']) made.of(key)
  t.same([...open], ['open-1', 'half-open-2', 'open-4', 'closed-5'])
})

t.test('looks for a closed one no further than pays, and then the oldest goes', async t => {
  const { gates: made, open } = gates(20)
  for (let i = 0; i < 16; i++) made.of(`open-${i}`)
  for (let i = 16; i < 20; i++) made.of(`closed-${i}`)
  made.of('closed-20')
  t.equal(open.has('open-0'), false)
  t.equal(open.size, 20)
})

t.test('a name tells nothing of its key', async t => {
  t.match(keyHash('alice'), /^[0-9a-f]{16}$/)
  t.not(keyHash('alice'), keyHash('bob'))
})
