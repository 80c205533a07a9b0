import type { Test } from 'tap'

const TICK_MS = 1
/** Later than so much, this process had no time: it was its own fault, or that of others on the machine. */
const LATE_MS = 3

/** Milliseconds in which this process had no time, since the beginning of the test. What is measured in it is as late as that. */
export function stalls (t: Test): () => number {
  let atMs = performance.now()
  let totalMs = 0
  const look = () => {
    const nowMs = performance.now()
    if (nowMs - atMs > LATE_MS) totalMs += nowMs - atMs - TICK_MS
    atMs = nowMs
    return totalMs
  }
  const ticking = setInterval(look, TICK_MS)
  t.teardown(() => { clearInterval(ticking) })
  return look
}
