/* eslint no-template-curly-in-string: off -- references are what this is about */
import t from 'tap'
import rateLimit from '../../../../plugins/filters/rate-limit/index.ts'
import setRequestHeader from '../../../../plugins/filters/set-request-header/index.ts'
import path from '../../../../plugins/predicates/path/index.ts'
import { importSpring } from '../../../../src/config/import-spring.ts'
import { loadConfig } from '../../../../src/config/load-config.ts'
import { ConfigErrors } from '../../../../src/contract/config-error.ts'
import { roomsOf } from '../../../../src/plan/compile-room.ts'
import { mount } from '../../../../src/testing/index.ts'
import { fakeLimiter } from './fake-limiter.ts'

const rooms = roomsOf([rateLimit, setRequestHeader], [path])

/** A file with one route that has these filters, as lines of YAML. */
const file = (filters: string): string => `spring:
  cloud:
    gateway:
      routes:
        - id: orders
          uri: http://orders
          predicates: [Path=/orders]
          filters:
${filters.trim().split('\n').map(line => `            ${line}`).join('\n')}
`
const readFile = (text: string) => async () => new TextEncoder().encode(text)

async function config (filters: string, env: Record<string, string> = {}): Promise<unknown> {
  const { config: { routes } } = await loadConfig(['application.yml'], { env, rooms, readFile: readFile(file(filters)) })
  const { name, config } = routes[0]!.filters[0]!
  t.equal(name, 'rate-limit')
  t.doesNotThrow(() => mount(rateLimit, config, {}, { services: { limiter: fakeLimiter().limiter } }))
  return config
}

async function faults (filters: string): Promise<unknown> {
  try {
    return await config(filters)
  } catch (error) {
    return error instanceof ConfigErrors && error.errors.map(({ code, place, detail }) => `${place} ${code} ${detail}`)
  }
}

const use = (...args: string[]): string => `- name: RequestRateLimiter\n  args:\n${args.map(line => `    ${line}`).join('\n')}`
const REDIS = ['redis-rate-limiter.replenishRate: 10', 'redis-rate-limiter.burstCapacity: 20']

t.test('a RequestRateLimiter becomes a rate-limit', async t => {
  t.same(await config(use(...REDIS)), { rate: '10/s', burst: 20, headers: 'spring' })
  t.same(await config(use(...REDIS, 'redis-rate-limiter.requestedTokens: 2')), { rate: '10/s', burst: 20, cost: 2, headers: 'spring' })
  t.same(await config(use('redis-rate-limiter.replenishRate: 10')), { rate: '10/s', headers: 'spring' })
  t.same(await config(use(...REDIS, 'deny-empty-key: false')), { rate: '10/s', burst: 20, emptyKey: 'allow', headers: 'spring' })
  t.same(await config(use(...REDIS, 'denyEmptyKey: true', 'emptyKeyStatus: FORBIDDEN', 'status-code: 429', 'throwOnLimit: false')), { rate: '10/s', burst: 20, headers: 'spring' })
})

t.test('arguments with dots may be written as maps, and in any of Spring\'s spellings', async t => {
  const expected = { rate: '10/s', burst: 20, headers: 'spring' }
  t.same(await config(use('redis-rate-limiter: { replenishRate: 10, burstCapacity: 20 }')), expected)
  t.same(await config(use('redis-rate-limiter: { replenish-rate: 10, burst-capacity: "20" }')), expected)
  t.same(await config(use('redisRateLimiter.replenishRate: 10', 'redisRateLimiter.burstCapacity: 20')), expected)
})

t.test('the resolver that Spring takes by default is one that it may name', async t => {
  const expected = { rate: '10/s', burst: 20, headers: 'spring' }
  t.same(await config(use(...REDIS, 'key-resolver: "#{@principalNameKeyResolver}"', 'rate-limiter: "#{@redisRateLimiter}"')), expected)
  t.same(await config(use(...REDIS, 'keyResolver: "#{ @principalNameKeyResolver }"')), expected)
  t.same(await config(use(...REDIS, 'key-resolver: "${RESOLVER:#{@principalNameKeyResolver}}"')), expected)
})

t.test('any other bean is told with its line', async t => {
  t.match(await faults(use(...REDIS, 'key-resolver: "#{@userKeyResolver}"')), [/^application.yml:13:31 GW_CONFIG_NO_EQUIVALENT keyResolver "#\{@userKeyResolver\}" has no equivalent: it names a bean.*`by`/])
  t.match(await faults(use(...REDIS, 'key-resolver: "#{T(java.lang.Runtime)}"')), [/^application.yml:13:31 GW_CONFIG_NO_EQUIVALENT keyResolver/])
  t.match(await faults(use('rate-limiter: "#{@myRateLimiter}"', 'key-resolver: "#{@principalNameKeyResolver}"')), [/^application.yml:11:31 GW_CONFIG_NO_EQUIVALENT rateLimiter "#\{@myRateLimiter\}"/])
  t.match(await faults('- name: SetRequestHeader\n  args: { name: X, value: "#{@a}" }'), [/^application.yml:10:39 GW_CONFIG_NO_EQUIVALENT Spring's expressions/], 'in any other argument')
  t.match(await faults(use(...REDIS, 'deny-empty-key: "#{@a}"')), [/ GW_CONFIG_NO_EQUIVALENT Spring's expressions/, / GW_CONFIG_NO_EQUIVALENT denyEmptyKey/])
})

t.test('what it cannot say is told and not dropped', async t => {
  for (const [argument, detail] of [
    ['status-code: 503', /statusCode "503" has no equivalent/],
    ['empty-key-status: 404', /emptyKeyStatus "404" has no equivalent/],
    ['throw-on-limit: true', /throwOnLimit "true" has no equivalent/],
    ['deny-empty-key: maybe', /denyEmptyKey "maybe" has no equivalent/],
    ['redis-rate-limiter.includeHeaders: false', /the argument "redisRateLimiter.includeHeaders" of RequestRateLimiter has no equivalent/],
    ['bucket4j-rate-limiter.capacity: 5', /the argument "bucket4jRateLimiter.capacity" of RequestRateLimiter has no equivalent/]
  ] as const) {
    const [fault, ...others] = await faults(use(...REDIS, argument)) as string[]
    t.match(fault, detail)
    t.match(fault, /^application.yml:13:\d+ GW_CONFIG_NO_EQUIVALENT/)
    t.same(others, [])
  }
  t.match(await faults(use('redis-rate-limiter.replenishRate: 10', 'redis-rate-limiter.burstCapacity: lots')), [/GW_CONFIG_INVALID expected a number/])
  t.match(await faults('- RequestRateLimiter=10, 20'), [/^application.yml:9:15 GW_CONFIG_NO_EQUIVALENT RequestRateLimiter takes no arguments; .* form with name and args/], 'a shortcut, which Spring does not know either')
})

t.test('its numbers may be references', async t => {
  t.same(await config(use('redis-rate-limiter.replenishRate: ${RATE:5}', 'redis-rate-limiter.burstCapacity: ${BURST:9}'), { RATE: '7' }), { rate: '7/s', burst: 9, headers: 'spring' })
  const text = file(use('redis-rate-limiter.replenishRate: ${RATE:5}', 'redis-rate-limiter.burstCapacity: 9'))
  const imported = await importSpring('application.yml', { env: {}, rooms, readFile: readFile(text) })
  t.match(JSON.stringify(imported), /rate: \\"\$\{RATE:-5\}\/s\\"|rate: \$\{RATE:-5\}\/s/)
})
