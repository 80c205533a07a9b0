import { setTimeout as delay } from 'node:timers/promises'
import type { Child } from './child.ts'
import { fetchOnce, type Answer } from './fetch-once.ts'

const PATIENCE_MS = 20_000
const INTERVAL_MS = 50

/** Asks `url` until it answers 200; throws with the end of the child's output where it ends or takes too long. */
export async function untilReady (child: Child, url: string): Promise<Answer> {
  const deadline = Date.now() + PATIENCE_MS
  let last = 'nothing is listening'
  while (child.alive && Date.now() < deadline) {
    try {
      const answer = await fetchOnce(url)
      if (answer.status === 200) return answer
      last = `it answered ${answer.status}`
    } catch (error) {
      last = (error as Error).message
    }
    await delay(INTERVAL_MS)
  }
  await child.stop()
  throw new Error(`${child.name} did not become ready: ${child.lastWords() || last}`)
}
