import { ConfigError, type Random } from '../../../../src/contract/index.ts'
import type { DelayConfig, QueueConfig } from './timing-schema.ts'

/** Draws how many milliseconds one request waits. ConfigError where none could, or jitter makes no difference. */
export function delayDraw (delay: DelayConfig | undefined, queue: QueueConfig, random: Random, pointer: string): () => number {
  if (delay === undefined) return () => 0
  if (queue.count === 0) throw new ConfigError('GW_CONFIG_NO_EFFECT', `${pointer}/queue/count`, 'with a `delay` every request waits, and none may')
  if (typeof delay === 'number') return () => delay
  const { of, jitter } = delay
  if (jitter === 0) throw new ConfigError('GW_CONFIG_NO_EFFECT', `${pointer}/delay/jitter`, 'a jitter of 0% changes nothing')
  return () => of * (1 + jitter * (2 * random.next() - 1))
}
