import t from 'tap'
import retry from '../../../../plugins/filters/retry/index.ts'
import path from '../../../../plugins/predicates/path/index.ts'
import { loadConfig } from '../../../../src/config/load-config.ts'
import { roomsOf } from '../../../../src/plan/compile-room.ts'
import { mount } from '../../../../src/testing/index.ts'

/** What one of Spring's filters becomes. */
async function loaded (filter: string): Promise<unknown> {
  const text = `spring.cloud.gateway.routes: [{ id: a, uri: "http://a", predicates: [Path=/a], filters: [${filter}] }]`
  const { config } = await loadConfig(['application.yml'], { env: {}, rooms: roomsOf([retry], [path]), readFile: async () => Buffer.from(text) })
  const made = config.routes[0]!.filters[0]!.config
  mount(retry, made)
  return made
}

const refused = (filter: string, code: string) => t.rejects(loaded(filter), { errors: [{ code }] }, filter)

t.test('the shortcut takes all arguments in their order', async t => {
  t.match(await loaded('"Retry=3,INTERNAL_SERVER_ERROR,GET,10ms,50ms,2,false,0.5,100ms"'), {
    attempts: 4, statuses: [500, '5xx'], methods: 'GET', backoff: { first: '10ms', max: '50ms', factor: 2, jitter: '50%' }, within: '100ms'
  })
  t.match(await loaded('Retry'), {
    attempts: 4, statuses: '5xx', exceptions: ['connect', 'tls', 'reset', 'timeout'], methods: 'GET', keyHeader: false, backoff: { first: '0ms', max: '1000ms', factor: 2, jitter: 'none' }
  })
  t.match(await loaded('Retry=1'), { attempts: 2 })
})

t.test('arguments by name are nested, dotted or relaxed, as Spring takes them', async t => {
  const backoff = { first: '10ms', max: '50ms', factor: 3, jitter: 'none' }
  for (const args of [
    'backoff: { firstBackoff: 10ms, maxBackoff: 50ms, factor: 3, basedOnPreviousValue: false }',
    'backoff.firstBackoff: 10ms, backoff.maxBackoff: 50ms, backoff.factor: 3',
    'backoff: { first-backoff: 10ms, max-backoff: 50ms, factor: 3, based-on-previous-value: true }'
  ]) t.match(await loaded(`{ name: Retry, args: { ${args} } }`), { attempts: 4, backoff }, args)
  t.match(await loaded('{ name: Retry, args: { jitter: { randomFactor: 0.25 }, backoff: { firstBackoff: PT1S } } }'), { backoff: { first: '1000ms', max: '4000ms', jitter: '25%' } })
})

t.test('lists are lists, or texts with commas', async t => {
  const made = { statuses: [502, 503, '4xx'], methods: ['GET', 'POST'], exceptions: ['connect', 'timeout'] }
  t.match(await loaded('{ name: Retry, args: { statuses: [BAD_GATEWAY, 503], series: [CLIENT_ERROR], methods: [GET, POST], exceptions: [java.net.ConnectException, java.util.concurrent.TimeoutException] } }'), made)
  t.match(await loaded('{ name: Retry, args: { statuses: "BAD_GATEWAY,SERVICE_UNAVAILABLE", series: CLIENT_ERROR, methods: "GET,POST", exceptions: "java.net.ConnectException, java.util.concurrent.TimeoutException" } }'), made)
})

t.test('no series leaves the statuses, no wait is none, and a factor alone is a wait', async t => {
  t.match(await loaded('{ name: Retry, args: { statuses: BAD_GATEWAY, series: [] } }'), { statuses: 502, backoff: { first: '0ms' } })
  t.match(await loaded('{ name: Retry, args: { backoff: { factor: 3 } } }'), { backoff: { first: '5ms', factor: 3 } })
})

t.test('durations are Spring Boot\'s', async t => {
  for (const [text, ms] of [['250', '250ms'], ['250ms', '250ms'], ['2s', '2000ms'], ['1m', '60000ms'], ['PT0.5S', '500ms'], ['PT1M2S', '62000ms'], ['PT1H', '3600000ms']]) {
    t.match(await loaded(`{ name: Retry, args: { timeout: ${text} } }`), { within: ms })
  }
})

t.test('what has no equivalent is told', async () => {
  await refused('Retry=0', 'GW_CONFIG_NO_EFFECT')
  await refused('Retry=many', 'GW_CONFIG_INVALID')
  await refused('{ name: Retry, args: { exceptions: com.example.OwnException } }', 'GW_CONFIG_NO_EQUIVALENT')
  await refused('{ name: Retry, args: { series: SERVER } }', 'GW_CONFIG_INVALID')
  await refused('{ name: Retry, args: { backoff: { firstBackoff: soon } } }', 'GW_CONFIG_INVALID')
  await refused('{ name: Retry, args: { jitter: { randomFactor: 2 } } }', 'GW_CONFIG_INVALID')
  await refused('{ name: Retry, args: { backoff: { first: 10ms } } }', 'GW_CONFIG_NO_EQUIVALENT')
  await refused('{ name: Retry, args: { statuses: NO_SUCH } }', 'GW_CONFIG_INVALID')
})
