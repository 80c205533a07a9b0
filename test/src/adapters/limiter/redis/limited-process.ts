import { redisLimiters } from '../../../../../src/adapters/limiter/redis-limiter.ts'
import { systemClock } from '../../../../../src/adapters/system-clock.ts'
import type { BucketPolicy, RateLimiters } from '../../../../../src/contract/rate-limiter.ts'

/** What one of several gateways does: requests of one caller at random times, to each of the policies. */
export interface Work { readonly url: string, readonly scope: string, readonly policies: readonly BucketPolicy[], readonly ms: number, /** On the machine's clock. */ readonly startUs: number, /** Requests a second, in the mean. */ readonly offered: number }

/** When requests that were admitted began and ended, on the machine's clock, and how many there were. */
export interface Done { readonly admitted: readonly (readonly [startUs: number, endUs: number])[], readonly offered: number, readonly by: Readonly<Record<string, number>> }

const nowUs = (): number => Number(process.hrtime.bigint() / 1000n)

async function work (given: Work): Promise<Done[]> {
  const nobody = (): void => {}
  const limiters = redisLimiters({ url: given.url, timeout: 250, prefix: '' }, { clock: systemClock, log: { debug: nobody, info: nobody, warn: nobody, error: nobody } })
  const other = limiters('warm', [{ ...given.policies[0]!, onError: 'open' }])
  while ((await other.take([{ key: 'b', cost: 0 }])).by === 'open') await new Promise(resolve => setTimeout(resolve, 2))
  while (nowUs() < given.startUs) await new Promise(resolve => setTimeout(resolve, 1))
  const done = await Promise.all(given.policies.map(policy => requests(limiters, policy, given)))
  await limiters.close()
  return done
}

async function requests (limiters: RateLimiters, policy: BucketPolicy, { scope, ms, startUs, offered }: Work): Promise<Done> {
  const limiter = limiters(scope, [policy])
  const done = { admitted: [] as [number, number][], offered: 0, by: {} as Record<string, number> }
  const ask = async (): Promise<void> => {
    const beganUs = nowUs()
    const taken = limiter.take([{ key: 'a', cost: 1 }])
    const decision = taken instanceof Promise ? await taken : taken
    done.by[decision.by] = (done.by[decision.by] ?? 0) + 1
    if (decision.allowed) done.admitted.push([beganUs, nowUs()])
  }
  const asking: Promise<void>[] = []
  let dueUs = startUs
  while (nowUs() < startUs + ms * 1000) {
    for (; dueUs <= nowUs(); dueUs += -Math.log(1 - Math.random()) * 1e6 / offered) {
      done.offered++
      asking.push(ask())
    }
    await new Promise(resolve => setTimeout(resolve, Math.random() * 3))
  }
  await Promise.all(asking)
  return done
}

process.once('message', (given: Work) => {
  void work(given).then(done => { process.send!(done, () => { process.disconnect() }) })
})
process.send!('ready')
