import { randomUUID } from 'node:crypto'
import type { Cluster, Command, Redis } from 'ioredis'
import type { Test } from 'tap'
import { connectRedis } from '../../../../../src/adapters/redis-connection.ts'
import { redisLimiters, type RedisLimiters } from '../../../../../src/adapters/limiter/redis-limiter.ts'
import type { LinkOptions } from '../../../../../src/adapters/limiter/redis/redis-link.ts'
import { systemClock } from '../../../../../src/adapters/system-clock.ts'
import type { BucketPolicy, RateDecision, RateLimiter } from '../../../../../src/contract/rate-limiter.ts'
import { fakeLog } from '../../../../../src/testing/index.ts'
import { startRedis, withoutRedis, type RedisServer } from '../../../../peers/redis-server.ts'

/** For tests that need a server. */
export const needsRedis = withoutRedis === false ? {} : { skip: withoutRedis }

export const policy = (over: Partial<BucketPolicy> = {}): BucketPolicy => ({ name: 'p', ratePerSecond: 1, burst: 2, mode: 'exact', instances: 1, onError: 'closed', ...over })

/** Started for one test. */
export async function server (t: Test, port?: number): Promise<RedisServer> {
  const redis = await startRedis(port === undefined ? {} : { port })
  t.teardown(() => redis.stop())
  return redis
}

/** Limiters that are connected, and that the test closes at its end. */
export async function limitersAt (t: Test, url: string, over: Partial<LinkOptions> & { prefix?: string } = {}): Promise<RedisLimiters> {
  const { prefix = `${randomUUID()}:`, ...options } = over
  const limiters = redisLimiters({ url, timeout: 250, prefix }, { clock: systemClock, log: fakeLog(), ...options })
  t.teardown(() => limiters.close())
  const first = limiters('first', [policy({ onError: 'open' })])
  await until(async () => (await take(first, ['a', 0])).by === 'redis')
  first.close()
  return limiters
}

/** One decision; `a` costs 1. */
export async function take (limiter: RateLimiter, ...asked: (string | readonly [string, number])[]): Promise<RateDecision> {
  return await limiter.take(asked.map(one => typeof one === 'string' ? { key: one, cost: 1 } : { key: one[0], cost: one[1] }))
}

/** What is sent to Redis, and what it answers. */
export interface Overheard { readonly connect: NonNullable<LinkOptions['connect']>, readonly calls: { name: string, keys: string[], args: string[], reply: Buffer | null }[], client: Redis | Cluster | null }

/** Listens to a connection. */
export function overheard (): Overheard {
  const heard: Overheard = {
    calls: [],
    client: null,
    connect: (settings, options) => {
      const client = connectRedis(settings, options)
      heard.client = client
      const send = client.sendCommand.bind(client)
      client.sendCommand = (command: Command, ...more: never[]) => {
        const [, count, ...rest] = command.args.map(String)
        const call = { name: command.name, keys: rest.slice(0, Number(count)), args: rest.slice(Number(count)), reply: null as Buffer | null }
        if (command.name.startsWith('eval')) {
          heard.calls.push(call)
          command.promise.then((reply: unknown) => { call.reply = reply as Buffer }, () => {})
        }
        return send(command, ...more)
      }
      return client
    }
  }
  return heard
}

/** Resolves when it holds; the test's own time limit ends it. */
export async function until (holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!await holds()) await new Promise(resolve => setTimeout(resolve, 2))
}
