import t from 'tap'
import weight from '../../../plugins/predicates/weight/index.ts'
import { capture, Config, ConfigError, defineFilter, definePredicate, List, PredicateList, Type, type Predicate } from '../../../src/contract/index.ts'
import { fakeServices, mount } from '../../../src/testing/index.ts'

const path = definePredicate({
  name: 'path',
  config: Config({ patterns: List(Type.String({ pattern: '^/' })) }),
  shorthand: 'patterns',
  create: ({ patterns }) => {
    if (patterns.includes('/bad')) throw new ConfigError('GW_CONFIG_INVALID', `/patterns/${patterns.indexOf('/bad')}`, 'a bad path')
    return { match: x => patterns.some(pattern => x.path.startsWith(pattern)) && (capture(x, { below: x.path }), true) }
  }
})
const method = definePredicate({ name: 'method', config: Config({ is: Type.String() }), shorthand: 'is', create: ({ is }) => ({ match: x => x.method === is }) })
const waits = definePredicate({ name: 'waits', config: Config({}), create: () => ({ match: async x => { await null; capture(x, { waited: 'yes' }); return x.method === 'PUT' } }) })
const breaks = definePredicate({ name: 'breaks', config: Config({}), create: () => ({ match: x => { capture(x, { broken: 'yes' }); throw new Error('a bug') } }) })
const breaksLater = definePredicate({ name: 'breaks-later', config: Config({}), create: () => ({ match: async x => { capture(x, { broken: 'yes' }); throw new Error('a bug') } }) })
const unmade = definePredicate({ name: 'unmade', config: Config({}), create: () => { throw new Error('no database') } })
const clocked = definePredicate({ name: 'clocked', config: Config({}), create: (_config, { services }) => ({ match: () => services.clock.now() === 7 }) })
const predicates: readonly Predicate[] = [path, method, waits, breaks, breaksLater, unmade, clocked, weight]

/** Tells what became of its predicates. */
const picks = defineFilter({
  name: 'picks',
  config: Config({ match: PredicateList(), also: Type.Optional(PredicateList()) }),
  shorthand: 'match',
  create: ({ match, also }, { services }) => {
    const holds = services.predicates.all(match, '/match')
    if (also) services.predicates.all(also, '/also')
    return {
      request: async x => {
        const held = await Promise.resolve().then(() => holds(x)).catch(() => 'threw')
        x.headers.set('x-held', `${held} ${Object.entries(x.params).flat().join()}`.trim())
      }
    }
  }
})
const mounted = (config: unknown) => mount(picks, config, {}, { predicates })
const held = async (config: unknown, method: string, target = '/a/b') => (await mounted(config).call({ method, target })).x.headers.get('x-held')

t.test('all must hold, and combinations combine', async t => {
  t.equal(await held([{ method: 'GET' }, { path: '/a' }], 'GET'), 'true below,/a/b')
  t.equal(await held([{ method: 'GET' }, { path: '/a' }], 'PUT'), 'false')
  t.equal(await held([{ any: [{ method: 'PUT' }, { all: [{ method: 'GET' }, { path: { patterns: ['/x', '/a'] } }] }] }], 'GET'), 'true below,/a/b')
  t.equal(await held([{ not: { any: [{ method: 'PUT' }, { not: { path: '/a' } }] } }], 'GET'), 'true')
  t.equal(await held({ match: [{ not: { method: 'GET' } }] }, 'GET'), 'false')
})

t.test('waits where a predicate does', async t => {
  t.equal(await held(['waits'], 'PUT'), 'true waited,yes')
  t.equal(await held([{ waits: null }, { path: '/a' }], 'PUT'), 'true waited,yes,below,/a/b')
})

t.test('leaves no variables where not all hold', async t => {
  t.equal(await held([{ path: '/a' }, { method: 'PUT' }], 'GET'), 'false')
  t.equal(await held([{ path: '/a' }, 'waits'], 'GET'), 'false')
  t.equal(await held([{ path: '/a' }, 'breaks'], 'GET'), 'threw')
  t.equal(await held([{ path: '/a' }, 'breaks-later'], 'GET'), 'threw')
})

t.test('predicates have the services of the filter', async t => {
  const { call, services } = mounted(['clocked'])
  t.equal((await call()).x.headers.get('x-held'), 'false')
  services.clock.set(7)
  t.equal((await call()).x.headers.get('x-held'), 'true')
})

for (const [match, code, pointer, detail = /./] of [
  [[{ path: 'a' }], 'GW_CONFIG_INVALID', '/0/path'],
  [[{ path: ['/a', 'a'] }], 'GW_CONFIG_INVALID', '/0/path/1'],
  [[{ path: { patterns: ['/a', 'a'] } }], 'GW_CONFIG_INVALID', '/0/path/patterns/1'],
  [[{ path: { patterns: 'a' } }], 'GW_CONFIG_INVALID', '/0/path/patterns'],
  [[{ method: 'GET' }, { path: ['/a', '/bad'] }], 'GW_CONFIG_INVALID', '/1/path/1', /a bad path/],
  [[{ path: { patterns: '/a', pattern: '/b' } }], 'GW_CONFIG_UNKNOWN_KEY', '/0/path/pattern'],
  [['path'], 'GW_CONFIG_INVALID', '/0', /"patterns" is missing/],
  [[{ not: { any: [{ path: '/a' }, { paths: '/b' }] } }], 'GW_CONFIG_UNKNOWN_PREDICATE', '/0/not/any/1', /did you mean "path"/],
  [[{ 'a/b': 1 }], 'GW_CONFIG_UNKNOWN_PREDICATE', '/0'],
  [['Path=/a'], 'GW_CONFIG_UNKNOWN_PREDICATE', '/0'],
  [[''], 'GW_CONFIG_INVALID', '/0', /expected a predicate/],
  [[7], 'GW_CONFIG_INVALID', '/0', /expected a predicate/],
  [[null], 'GW_CONFIG_INVALID', '/0', /expected a predicate/],
  [[{}], 'GW_CONFIG_INVALID', '/0', /expected a predicate/],
  [[[{ path: '/a' }]], 'GW_CONFIG_INVALID', '/0', /expected a predicate/],
  [[{ path: '/a', method: 'GET' }], 'GW_CONFIG_INVALID', '/0', /more than one predicate in one item: path, method/],
  [[{ path: '/a', when: 'true' }], 'GW_CONFIG_UNKNOWN_KEY', '/0/when', /only a filter does/],
  [[{ all: [{ path: '/a', report: true }] }], 'GW_CONFIG_UNKNOWN_KEY', '/0/all/0/report'],
  [[{ any: [] }], 'GW_CONFIG_INVALID', '/0/any', /at least one/],
  [[{ all: { path: '/a' } }], 'GW_CONFIG_INVALID', '/0/all', /a list/],
  [['any'], 'GW_CONFIG_INVALID', '/0', /at least one/],
  [[{ not: [{ path: '/a' }] }], 'GW_CONFIG_INVALID', '/0/not', /one predicate/],
  [[{ not: null }], 'GW_CONFIG_INVALID', '/0/not', /one predicate/],
  [[{ not: {} }], 'GW_CONFIG_INVALID', '/0/not', /expected a predicate/],
  [[{ path: '/a' }, { weight: { group: 'g', weight: 1 } }], 'GW_CONFIG_NO_EFFECT', '/1', /only a route/],
  [[{ any: [{ weight: { group: 'g', weight: 1 } }] }], 'GW_CONFIG_NO_EFFECT', '/0/any/0'],
  [[], 'GW_CONFIG_INVALID', ''],
  [{ path: '/a' }, 'GW_CONFIG_INVALID', '']
] as [unknown, string, string, RegExp?][]) {
  t.test(`${JSON.stringify(match)} is ${code} at ${pointer || 'the list'}`, async t => {
    t.throws(() => mounted({ match }), { errors: [{ code, pointer: `/picks/match${pointer}`, detail }] })
  })
}

t.test('faults are told where they are written: in a list alone, in another key', async t => {
  t.throws(() => mounted([{ path: 'a' }]), { errors: [{ code: 'GW_CONFIG_INVALID', file: 'test.yaml', pointer: '/picks/0/path' }] })
  t.throws(() => mounted({ match: ['waits'], also: [{ path: 'a' }] }), { errors: [{ pointer: '/picks/also/0/path' }] })
  t.throws(() => mounted(['unmade']), { errors: [{ code: 'GW_CONFIG_BAD_ROOM', detail: /"unmade" failed to start: no database/ }] })
  t.throws(() => mount(picks, [{ path: '/a' }]), { errors: [{ code: 'GW_CONFIG_UNKNOWN_PREDICATE', detail: /none is known/ }] })
  t.throws(() => fakeServices({}, predicates).predicates.all([{ path: 'a' }], '/match'), { code: 'GW_CONFIG_INVALID', file: '', pointer: '/match/0/path' })
})
