import { ledgerOf, NOISE, reported, traffic, type Learning } from './traffic.ts'

const PLANTED = 'body/new'
const SEEDS = [1, 2, 3, 4, 5]

/** How many pairs it takes to be sure of a difference, by its share of the answers: fewest, median and most of five runs beside ten places of noise. */
export function detectionTable (): string[] {
  const lines = (['secondary', 'replay'] as const).flatMap(learning => [1, 0.1, 0.01, 0.001].map(rate => {
    const pairs = SEEDS.map(seed => pairsUntilFound(rate, learning, seed)).sort((a, b) => a - b)
    return [learning, `${rate * 100}%`, ...[pairs[0], pairs[2], pairs[4]].map(String)]
  }))
  return [['noise from', 'differs in', 'fewest', 'median', 'most'], ...lines].map(cells => cells.map(cell => cell.padStart(12)).join(''))
}

function pairsUntilFound (rate: number, learning: Learning, seed: number): number {
  const { ledger } = ledgerOf()
  const run = traffic(ledger, { noise: NOISE, planted: { [PLANTED]: rate }, learning, seed })
  for (let pairs = 0; ;) {
    const step = Math.max(5, Math.floor(pairs / 20))
    run(step)
    pairs += step
    const found = reported(ledger)
    if (found.some(path => path !== PLANTED)) throw new Error(`reported what is noise: ${found.join(', ')}`)
    if (found.length > 0) return pairs
  }
}
