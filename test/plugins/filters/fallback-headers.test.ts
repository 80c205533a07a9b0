import t from 'tap'
import fallbackHeaders from '../../../plugins/filters/fallback-headers/index.ts'
import { ERRORS, type Fallback } from '../../../src/contract/index.ts'
import { run } from '../../../src/plan/run.ts'
import { exchange, mount } from '../../../src/testing/index.ts'

const NAMES = ['execution-exception-type', 'execution-exception-message', 'root-cause-exception-type', 'root-cause-exception-message']

/** The request as it goes upstream, where it came by a fallback. */
async function sent (fallback: Partial<Fallback> | null, config?: unknown, headers: Readonly<Record<string, string>> = {}) {
  const { plan, services } = mount(fallbackHeaders, config)
  const x = exchange({ headers })
  if (fallback !== null) x.fallback = { kind: 'route', filter: 'circuit-breaker', code: null, status: 503, ...fallback }
  await run(plan, x, { log: services.log, timed: false })
  return x.headers
}

t.test('tells the code and title of an error of the gateway', async t => {
  const headers = await sent({ code: 'GW_HEAD_TIMEOUT', status: 504 })
  const title = ERRORS.GW_HEAD_TIMEOUT.title
  t.same(NAMES.map(name => headers.all(name)), [['GW_HEAD_TIMEOUT'], [title], ['GW_HEAD_TIMEOUT'], [title]])
})

t.test('tells the status of an answer', async t => {
  const headers = await sent({ status: 502 })
  t.same(NAMES.map(name => headers.all(name)), [['HTTP_502'], ['The upstream answered 502'], ['HTTP_502'], ['The upstream answered 502']])
})

t.test('takes what the client says of itself away', async t => {
  const forged = Object.fromEntries(NAMES.map(name => [name, 'forged']))
  t.same((await sent(null, undefined, forged)).flat, [])
  t.same((await sent({}, undefined, forged)).all('execution-exception-type'), ['HTTP_503'])
})

t.test('has its headers taken from clients on every route', async t => {
  t.same([...mount(fallbackHeaders).plan.ownHeaders].sort(), [...NAMES].sort())
  t.same(mount(fallbackHeaders, { type: 'X-T' }).plan.ownHeaders.includes('x-t'), true)
})

t.test('writes other headers', async t => {
  const headers = await sent({}, { type: 'X-Type', message: 'X-Message', rootType: 'X-Root', rootMessage: 'X-Root-Message' })
  t.same(headers.names().sort(), ['x-message', 'x-root', 'x-root-message', 'x-type'])
})

t.test('loads Spring\'s arguments', async t => {
  const { args, toConfig } = fallbackHeaders.spring!
  t.same((await sent({}, toConfig!({}))).names().sort(), [...NAMES].sort())
  const headers = await sent({}, toConfig!(Object.fromEntries(args.map((name, i) => [name, `X-${i}`]))))
  t.same(['x-0', 'x-1', 'x-2', 'x-3'].map(name => headers.first(name)), ['HTTP_503', 'The upstream answered 503', 'HTTP_503', 'The upstream answered 503'])
})

t.test('names the key that is wrong', async t => {
  t.throws(() => mount(fallbackHeaders, { type: 'a b' }), { errors: [{ code: 'GW_CONFIG_INVALID', pointer: '/fallback-headers/type' }] })
  t.throws(() => mount(fallbackHeaders, { rootMessage: 'Connection' }), { errors: [{ pointer: '/fallback-headers/rootMessage' }] })
  t.throws(() => mount(fallbackHeaders, {}, {}, { report: true }), { errors: [{ code: 'GW_CONFIG_NO_EFFECT', pointer: '/report' }] })
})
