import t from 'tap'
import { ConfigErrors } from '../../../src/contract/index.ts'
import { UpstreamSchema, type UpstreamConfig } from '../../../src/contract/route-file.ts'
import { validate } from '../../../src/contract/validate.ts'
import { checkUpstreamConfig } from '../../../src/upstream/check-upstream-config.ts'

function check (written: object, zone: string | null = null): string {
  const { value, faults } = validate(UpstreamSchema, written)
  if (faults.length > 0) throw new ConfigErrors(faults)
  try {
    checkUpstreamConfig(value as UpstreamConfig, zone)
    return 'fine'
  } catch (error) {
    const { code, pointer } = error as { code: string, pointer: string }
    return `${code} ${pointer}`
  }
}

const TWO = ['http://a', 'http://b']
const DNS = { discover: { dns: 'http://orders.svc' } }
const none = (pointer: string) => `GW_CONFIG_NO_EFFECT ${pointer}`

t.test('an upstream without an address leads nowhere', async t => {
  t.equal(check({}), 'GW_CONFIG_INVALID ')
  t.equal(check({ endpoints: 'http://a' }), 'fine')
  t.equal(check(DNS), 'fine')
})

t.test('an address that stands there twice is a mistake', async t => {
  t.equal(check({ endpoints: ['http://a', 'http://b', { url: 'http://A:80/' }] }), 'GW_CONFIG_DUPLICATE /endpoints/2')
})

t.test('with one endpoint there is nothing to choose', async t => {
  for (const [key, value] of Object.entries({ balance: 'random', sticky: {}, slowStart: '10s', spillBelow: '50%', ejection: {} })) {
    t.equal(check({ endpoints: 'http://a', [key]: value }), none(`/${key}`))
  }
  for (const endpoints of [undefined, 'http://a']) t.equal(check({ ...endpoints && { endpoints }, ...DNS, balance: 'ewma', sticky: {}, slowStart: '10s', ejection: {} }), 'fine', 'more may be found')
  t.equal(check({ endpoints: TWO, balance: 'ewma', sticky: {}, ejection: {} }), 'fine')
})

t.test('zones mean nothing to a gateway that stands in none', async t => {
  const zoned = { endpoints: ['http://a', { url: 'http://b', zone: 'z' }] }
  t.equal(check(zoned), none('/endpoints/1/zone'))
  t.equal(check(zoned, 'z'), 'fine')
  t.equal(check({ discover: [{ dns: 'http://a' }, { dns: 'http://b', zone: 'z' }] }), none('/discover/1/zone'))
})

t.test('nothing spills over where all are as near and as wanted', async t => {
  const health = { health: {}, spillBelow: '50%' }
  t.equal(check({ endpoints: TWO, ...health }), none('/spillBelow'))
  t.equal(check({ endpoints: ['http://a', { url: 'http://b', priority: 1 }], ...health }), 'fine')
  t.equal(check({ endpoints: ['http://a', { url: 'http://b', zone: 'z' }], ...health }, 'z'), 'fine')
  t.equal(check({ endpoints: [{ url: 'http://a', zone: 'x' }, { url: 'http://b', zone: 'y' }], ...health }, 'z'), none('/spillBelow'), 'nobody is near')
  t.equal(check({ discover: [{ dns: 'http://a' }, { dns: 'http://b', priority: 1 }], ...health }), 'fine')
  t.equal(check({ discover: [{ dns: 'http://a' }, { dns: 'http://b' }], ...health }), none('/spillBelow'))
  for (const source of [{ srv: '_http._tcp.a.test' }, { file: 'a.yaml' }]) t.equal(check({ discover: source, ...health }), 'fine', 'places come with the addresses')
})

t.test('where nobody finds out that an endpoint is down, nothing follows from it', async t => {
  const places = ['http://a', { url: 'http://b', priority: 1 }]
  t.equal(check({ endpoints: TWO, panicBelow: '20%' }), none('/panicBelow'))
  t.equal(check({ endpoints: places, spillBelow: '20%' }), none('/spillBelow'))
  t.equal(check({ endpoints: TWO, slowStart: '10s' }), none('/slowStart'))
  for (const one of [{ health: {} }, { ejection: {} }]) {
    t.equal(check({ endpoints: places, panicBelow: '20%', spillBelow: '20%', slowStart: '10s', ...one }), 'fine')
  }
})

t.test('TLS is about https', async t => {
  const tls = { insecure: true }
  t.equal(check({ endpoints: TWO, tls }), none('/tls'))
  t.equal(check({ ...DNS, tls }), none('/tls'))
  for (const discover of [{ dns: 'https://a' }, { srv: '_https._tcp.a.test', scheme: 'https' }, { file: 'a.yaml' }]) t.equal(check({ discover, tls }), 'fine')
})
