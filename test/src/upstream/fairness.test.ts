import t from 'tap'
import type { BalanceConfig } from '../../../src/contract/route-file.ts'
import { simulate, type Outcome, type Scene } from './load-simulation.ts'

const REQUESTS = 10_000
const EVEN = [1, 1, 1, 1, 1]
const WEIGHTED = [1, 1, 2, 3, 3]
const USUAL: Omit<Scene, 'balance' | 'weights'> = { requests: REQUESTS, rate: 400, meanMs: [10, 10, 10, 10, 10], workers: 16 }
const ONE_SLOW = { ...USUAL, weights: EVEN, meanMs: [100, 10, 10, 10, 10] }

/** How far a share may be from what is fair, with five alike and by weight; what one endpoint that is ten times slower may get and cost. */
interface Bounds { readonly name: string, readonly balance: BalanceConfig, readonly evenOff: number, readonly weightedOff: number, readonly slowShare: number, readonly p99Ms: number }

const HASH: BalanceConfig = { 'consistent-hash': { by: { query: 'user' }, bound: 1.25 } }
const ALGORITHMS: readonly Bounds[] = [
  { name: 'round-robin', balance: 'round-robin', evenOff: 0.001, weightedOff: 0.001, slowShare: 0.201, p99Ms: 400 },
  { name: 'random', balance: 'random', evenOff: 0.06, weightedOff: 0.06, slowShare: 0.22, p99Ms: 400 },
  { name: 'least-requests', balance: 'least-requests', evenOff: 0.05, weightedOff: 0.15, slowShare: 0.09, p99Ms: 250 },
  { name: 'ewma', balance: 'ewma', evenOff: 0.1, weightedOff: 0.25, slowShare: 0.03, p99Ms: 100 },
  { name: 'consistent-hash', balance: HASH, evenOff: 0.1, weightedOff: 0.15, slowShare: 0.08, p99Ms: 250 }
]

/** How far the share that is farthest off is from what its weight says. */
function farthest ({ taken }: Outcome, weights: readonly number[]): number {
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  return Math.max(...weights.map((weight, i) => Math.abs(taken[i]! / REQUESTS / (weight / total) - 1)))
}

const percent = (part: number): string => `${(part * 100).toFixed(1)} %`
const rows = ALGORITHMS.map(bounds => {
  const { balance } = bounds
  const even = simulate({ ...USUAL, balance, weights: EVEN })
  const weighted = simulate({ ...USUAL, balance, weights: WEIGHTED })
  return { ...bounds, even, weighted, slow: simulate({ ...ONE_SLOW, balance }) }
})

if (process.argv.includes('--table')) {
  t.comment('| balance | five alike | farthest off | weights 1 1 2 3 3 | farthest off | p99, all alike | to the slow one | p99, one ten times slower |')
  t.comment('|---|---|---|---|---|---|---|---|')
  for (const { name, even, weighted, slow } of rows) {
    const cells = [name, even.taken.join(' '), percent(farthest(even, EVEN)), weighted.taken.join(' '), percent(farthest(weighted, WEIGHTED)), `${even.p99Ms.toFixed(0)} ms`, percent(slow.taken[0]! / REQUESTS), `${slow.p99Ms.toFixed(0)} ms`]
    t.comment(`| ${cells.join(' | ')} |`)
  }
}

for (const { name, evenOff, weightedOff, slowShare, p99Ms, even, weighted, slow } of rows) {
  t.test(`${name} gives every endpoint its share of 10,000 requests`, async t => {
    t.ok(farthest(even, EVEN) <= evenOff, `${even.taken.join(' ')} are ${percent(farthest(even, EVEN))} off at most`)
    t.ok(farthest(weighted, WEIGHTED) <= weightedOff, `${weighted.taken.join(' ')} are ${percent(farthest(weighted, WEIGHTED))} off at most`)
  })

  t.test(`${name} bounds what one endpoint that is ten times slower costs`, async t => {
    t.ok(slow.taken[0]! / REQUESTS <= slowShare, `it gets ${percent(slow.taken[0]! / REQUESTS)}`)
    t.ok(slow.p99Ms <= p99Ms, `p99 ${slow.p99Ms.toFixed(0)} ms`)
  })
}

t.test('those that look at the load are better off than those that do not', async t => {
  const p99 = (name: string) => rows.find(row => row.name === name)!.slow.p99Ms
  t.ok(p99('ewma') < p99('least-requests') && p99('least-requests') < p99('round-robin'))
})
