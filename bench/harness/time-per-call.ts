const CALLS = 200_000

/**
 * Microseconds per call of `work(i)`, with `i` going through 0 to `count - 1` in an order that no cache line or branch
 * predictor can follow. The best of some rounds, after one that only warms up.
 */
export function microsPerCall (work: (i: number) => unknown, count: number, rounds: number): number {
  const order = shuffled(count)
  let best = Infinity
  for (let round = 0; round <= rounds; round++) {
    const micros = timeRound(work, order)
    if (round > 0) best = Math.min(best, micros)
  }
  return best
}

function timeRound (work: (i: number) => unknown, order: Uint32Array): number {
  // What comes back is kept and looked at: otherwise the compiler is free to leave the work out.
  let last: unknown
  const start = performance.now()
  for (let n = 0; n < CALLS; n++) last = work(order[n % order.length] ?? 0)
  const elapsed = performance.now() - start
  if (last === undefined || last === null) throw new Error('the last call found nothing')
  return elapsed * 1000 / CALLS
}

// Fisher-Yates with a fixed linear congruential generator: the same order in every run.
function shuffled (count: number): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, i) => i)
  let seed = 1
  for (let i = count - 1; i > 0; i--) {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0
    const j = seed % (i + 1)
    const kept = order[i] ?? 0
    order[i] = order[j] ?? 0
    order[j] = kept
  }
  return order
}
