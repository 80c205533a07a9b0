import t from 'tap'
import { Config, defineFilter, refuse, Type } from '../../../../src/contract/index.ts'
import { memoryLimiters } from '../../../../src/adapters/limiter/memory-limiter.ts'
import { fakeClock } from '../../../../src/testing/index.ts'
import { fakeLimiter } from './fake-limiter.ts'
import { mountUses } from './mount-uses.ts'

const ADA = { headers: { 'x-user': 'ada' } }
const PER_CLIENT = { rate: '5/s', by: 'address', name: 'client' }
const PER_USER = { rate: '1/s', by: { header: 'X-User' }, name: 'user' }

const bouncer = defineFilter({
  name: 'bouncer',
  refuses: ['GW_FORBIDDEN'],
  config: Config({ code: Type.Optional(Type.String({ description: 'Code.' })) }),
  create: ({ code = 'GW_FORBIDDEN' }) => ({ request: x => { refuse(x, code as 'GW_FORBIDDEN') } })
})

t.test('a use gives back what it took where another of the route refuses', async t => {
  for (const later of [false, true]) {
    const { limiter, uses } = fakeLimiter({}, { later })
    const call = mountUses([{ config: PER_CLIENT }, { config: PER_USER }], { limiter })
    const passed = await call(ADA)
    t.equal(passed.headers.get('ratelimit'), '"user";r=0;t=3, "client";r=4;t=3', 'both tell how they stand')
    const refused = await call(ADA)
    t.equal(refused.code, 'GW_RATE_LIMITED')
    t.equal(refused.headers.get('ratelimit'), '"user";r=0;t=2', 'only that which refuses tells')
    t.same(uses.map(({ refunds }) => refunds), [1, 0])
    t.equal((await call({ headers: { 'x-user': 'bob' } })).headers.get('ratelimit'), '"user";r=0;t=3, "client";r=3;t=3', 'the refused request was not charged')
  }
})

t.test('also where the other has no key to count by, or cannot be asked', async t => {
  const keyless = fakeLimiter()
  const call = mountUses([{ config: PER_CLIENT }, { config: PER_USER }], { limiter: keyless.limiter })
  t.equal((await call()).code, 'GW_FORBIDDEN')
  t.equal(keyless.uses[0]!.refunds, 1)

  const down = fakeLimiter(requests => requests[0]!.key === 'ada' ? { by: 'closed', refuses: true } : {})
  t.equal((await mountUses([{ config: PER_CLIENT }, { config: PER_USER }], { limiter: down.limiter })(ADA)).code, 'GW_RATE_LIMIT_UNAVAILABLE')
  t.equal(down.uses[0]!.refunds, 1)
})

t.test('a refusal by anything else has its price', async t => {
  for (const code of ['GW_FORBIDDEN', 'GW_RATE_LIMITED']) {
    const { limiter, uses } = fakeLimiter()
    const reply = await mountUses([{ config: PER_CLIENT }, { name: 'bouncer', config: { code } }], { limiter }, [bouncer])()
    t.equal(reply.code, code)
    t.equal(uses[0]!.refunds, 0)
    t.equal(reply.headers.get('ratelimit'), '"client";r=4;t=3')
  }
})

t.test('a use that only reports takes nothing from the others', async t => {
  const { limiter, uses } = fakeLimiter()
  const call = mountUses([{ config: PER_CLIENT }, { config: PER_USER, report: true }], { limiter })
  for (let i = 0; i < 3; i++) t.equal((await call(ADA)).status, 200)
  t.same(uses.map(({ refunds }) => refunds), [0, 0])
})

t.test('a use that only reports gives back too', async t => {
  const { limiter, uses } = fakeLimiter()
  const call = mountUses([{ config: PER_CLIENT, report: true }, { config: PER_USER }], { limiter })
  await call(ADA)
  t.equal((await call(ADA)).code, 'GW_RATE_LIMITED')
  t.same(uses.map(({ refunds }) => refunds), [1, 0])
})

t.test('every earlier use gives back, none that was not reached takes', async t => {
  const { limiter, uses } = fakeLimiter()
  const call = mountUses([{ config: PER_CLIENT }, { config: { rate: '9/s', by: 'route' } }, { config: PER_USER }, { config: { rate: '8/s', by: 'host' } }], { limiter })
  await call(ADA)
  await call(ADA)
  t.same(uses.map(({ refunds }) => refunds), [1, 1, 0, 0])
  t.same(uses.map(({ asked }) => asked.length), [2, 2, 2, 1])
})

t.test('with the buckets of this process: one greedy user takes nothing from the client\'s other users', async t => {
  const clock = fakeClock()
  const call = mountUses([{ config: PER_CLIENT }, { config: PER_USER }], { clock, limiter: memoryLimiters(clock) })
  t.equal((await call(ADA)).status, 200)
  for (let i = 0; i < 20; i++) t.equal((await call(ADA)).status, 429)
  for (const user of ['b', 'c', 'd', 'e']) t.equal((await call({ headers: { 'x-user': user } })).status, 200)
  t.equal((await call({ headers: { 'x-user': 'f' } })).status, 429, 'the client\'s own limit')
  clock.advance(1000)
  t.equal((await call(ADA)).status, 200)
})

t.test('with the buckets of this process: tokens come back, and the fields tell when', async t => {
  const clock = fakeClock()
  const call = mountUses([{ config: { rate: '2/s', burst: 4, by: 'address', cost: { POST: 4 }, headers: 'both' } }], { clock, limiter: memoryLimiters(clock) })
  const post = await call({ method: 'POST' })
  t.equal(post.status, 200)
  t.equal(post.headers.get('ratelimit'), '"address";r=0;t=2')
  t.equal((await call()).headers.get('retry-after'), '1')
  clock.advance(500)
  t.equal((await call()).status, 200)
  const refused = await call({ method: 'POST' })
  t.equal(refused.headers.get('retry-after'), '2')
  t.equal(refused.headers.get('ratelimit'), '"address";r=0;t=2')
  t.equal(refused.headers.get('x-ratelimit-requested-tokens'), '4')
  clock.advance(2000)
  t.equal((await call({ method: 'POST' })).status, 200)
})

t.test('with the buckets of this process: several limits in one decision', async t => {
  const clock = fakeClock()
  const call = mountUses([{ config: { limits: [PER_CLIENT, PER_USER, { rate: '1/s', by: { header: 'X-Tenant' }, emptyKey: 'allow' }] } }], { clock, limiter: memoryLimiters(clock) })
  t.equal((await call(ADA)).headers.get('ratelimit'), '"client";r=4;t=1, "user";r=0;t=1')
  for (let i = 0; i < 20; i++) t.equal((await call(ADA)).status, 429)
  t.equal((await call({ headers: { 'x-user': 'b' } })).headers.get('ratelimit'), '"client";r=3;t=1, "user";r=0;t=1')
  t.equal((await call({ headers: { 'x-user': 'c', 'x-tenant': 'acme' } })).status, 200)
  t.equal((await call({ headers: { 'x-user': 'd', 'x-tenant': 'acme' } })).status, 429)
})
