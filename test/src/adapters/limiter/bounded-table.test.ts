import t from 'tap'
import { BoundedTable, TableBudget } from '../../../../src/adapters/limiter/bounded-table.ts'

interface Weight { weight: number }
const table = (most: number, budget = new TableBudget(1e9), isTidy = true) => new BoundedTable<Weight>(({ weight }) => weight, most, budget, isTidy)

t.test('keeps what is worth most, however many strangers come', async t => {
  const entries = table(100)
  entries.add('heavy', { weight: 50 }, 0)
  for (let i = 0; i < 10_000; i++) entries.add(`stranger ${i}`, { weight: 1 + i % 3 }, 0)
  t.same(entries.get('heavy'), { weight: 50 })
  t.equal(entries.size, 100)
})

t.test('gives up what is worth nothing before anything else', async t => {
  const entries = table(8)
  for (let i = 0; i < 8; i++) entries.add(`${i}`, { weight: i === 5 ? 0 : 1 }, 0)
  entries.add('new', { weight: 1 }, 0)
  t.equal(entries.get('5'), undefined)
  t.equal(entries.size, 8)
  for (const key of ['0', '7', 'new']) t.ok(entries.get(key))
})

t.test('takes something in also where everything is worth the same', async t => {
  const entries = table(3)
  for (let i = 0; i < 50; i++) entries.add(`${i}`, { weight: Infinity }, 0)
  t.equal(entries.size, 3)
  t.ok(entries.get('49'))
})

t.test('gets small again when what it holds is worth nothing any more', async t => {
  const entries = table(100_000)
  const held = Array.from({ length: 20_000 }, (_, i) => {
    const entry = { weight: 1 }
    entries.add(`a${i}`, entry, 0)
    return entry
  })
  t.equal(entries.size, 20_000)
  for (const entry of held) entry.weight = 0
  for (let i = 0; i < 21_000; i++) entries.add(`b${i}`, { weight: 0 }, 0)
  t.ok(entries.size < 3000, `${entries.size}`)
  const kept = table(100_000, undefined, false)
  for (let i = 0; i < 5000; i++) kept.add(`${i}`, { weight: 0 }, 0)
  t.equal(kept.size, 5000, 'unless it shall not')
})

t.test('has a budget together with others, and a share of its own', async t => {
  const budget = new TableBudget(3000)
  const [flooded, other] = [table(1e6, budget), table(1e6, budget)]
  for (let i = 0; i < 20_000; i++) flooded.add(`${i}`, { weight: 1 }, 0)
  t.equal(flooded.size, 3000)
  for (let i = 0; i < 2000; i++) other.add(`${i}`, { weight: 1 }, 0)
  t.equal(other.size, 1000)
  t.equal(budget.used, 4000)
  flooded.clear()
  t.equal(budget.used, 1000)
  t.equal(flooded.get('1'), undefined)
  flooded.add('1', { weight: 1 }, 0)
  t.ok(flooded.get('1'))
})

t.test('tells long keys apart, and keeps none of them', async t => {
  const entries = table(10)
  const long = 'k'.repeat(10_000)
  entries.add(long, { weight: 1 }, 0)
  entries.add(`${long}.`, { weight: 2 }, 0)
  t.same([entries.get(long), entries.get(`${long}.`), entries.get('k')], [{ weight: 1 }, { weight: 2 }, undefined])
  t.same([...entries.entries()].map(({ weight }) => weight), [1, 2])
})

t.test('does not keep the text that a short key was cut from', async t => {
  const entries = table(100_000)
  const before = process.memoryUsage().heapUsed
  for (let i = 0; i < 2000; i++) entries.add(`${i}:${'x'.repeat(50_000)}`.slice(0, 30), { weight: 1 }, 0)
  t.ok(process.memoryUsage().heapUsed - before < 50e6, 'of 100 MB')
})
