import { redisLimiters } from '../../../../../src/adapters/limiter/redis-limiter.ts'
import { systemClock } from '../../../../../src/adapters/system-clock.ts'
import type { BucketPolicy } from '../../../../../src/contract/rate-limiter.ts'
import { fakeLog, type FakeLog } from '../../../../../src/testing/index.ts'
import { startRedis } from '../../../../peers/redis-server.ts'
import { policy, until } from './limits.ts'

export const ON_ERROR = ['open', 'closed', 'local'] as const

/** One decision of the drill. */
export interface Seen { readonly phase: string, readonly onError: BucketPolicy['onError'], readonly allowed: boolean, readonly by: string, readonly tookMs: number, /** Of that, when this process had no time. */ readonly stalledMs: number }

/** Half a burst's worth of these is what each of two gateways has while it goes by itself. */
const SIZE = { ratePerSecond: 1e-3, burst: 1e6, instances: 2 }
const TICK_MS = 1

/** Whether this process had no time. */
class Pulse {
  readonly #gaps: [number, number][] = []
  #atMs = performance.now()
  readonly #timer = setInterval(() => { this.#beat() }, TICK_MS)

  during (fromMs: number, toMs: number): number {
    this.#beat()
    return this.#gaps.reduce((sum, [start, end]) => sum + Math.max(0, Math.min(end, toMs) - Math.max(start, fromMs)), 0)
  }

  stop (): void {
    clearInterval(this.#timer)
  }

  #beat (): void {
    const nowMs = performance.now()
    if (nowMs - this.#atMs > 3 * TICK_MS) this.#gaps.push([this.#atMs + TICK_MS, nowMs])
    this.#atMs = nowMs
  }
}

/** Requests all the time, while Redis is stopped, goes on, is killed and is started again. `phaseMs`: how long each lasts. */
export async function drill (phaseMs: number, everyMs: number): Promise<{ seen: Seen[], log: FakeLog }> {
  let redis = await startRedis()
  const { port, url } = redis
  const log = fakeLog()
  const limiters = redisLimiters({ url, timeout: 250, prefix: '' }, { clock: systemClock, log })
  const byPolicy = ON_ERROR.map(onError => ({ onError, limiter: limiters('drill', [policy({ ...SIZE, name: onError, onError })]) }))
  const seen: Seen[] = []
  const pulse = new Pulse()
  let phase = 'normal'
  const ask = async ({ onError, limiter }: (typeof byPolicy)[number]): Promise<string> => {
    const [during, startMs] = [phase, performance.now()]
    const { allowed, by } = await limiter.take([{ key: 'a', cost: 1 }])
    const endMs = performance.now()
    seen.push({ phase: during, onError, allowed, by, tookMs: endMs - startMs, stalledMs: pulse.during(startMs, endMs) })
    return by
  }
  const isBack = async (): Promise<boolean> => (await Promise.all(byPolicy.map(ask))).every(by => by === 'redis')
  await until(isBack)
  seen.length = 0
  const asking = setInterval(() => { for (const one of byPolicy) void ask(one) }, everyMs)
  const during = async (name: string): Promise<void> => {
    phase = name
    await new Promise(resolve => setTimeout(resolve, phaseMs))
  }
  await during('normal')
  redis.signal('SIGSTOP')
  await during('stopped')
  phase = 'comes back'
  redis.signal('SIGCONT')
  await until(isBack)
  await during('back')
  void redis.stop()
  await during('killed')
  phase = 'starts again'
  redis = await startRedis({ port })
  await until(isBack)
  await during('back again')
  clearInterval(asking)
  pulse.stop()
  await limiters.close()
  await redis.stop()
  return { seen, log }
}
