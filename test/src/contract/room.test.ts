import t from 'tap'
import { Config, defineFilter, definePredicate, Duration, Type } from '../../../src/contract/index.ts'
import { exchange, fakeServices } from '../../../src/testing/index.ts'

const place = { routeId: 'a', upstreams: [], services: fakeServices() }

t.test('a filter that says no more has no shorthand, no Spring form and refuses nothing', async t => {
  const config = Config({})
  const room = defineFilter({ name: 'plain', config, create: () => ({}) })
  t.match(room, { kind: 'filter', name: 'plain', shorthand: null, spring: null, refuses: [] })
  t.equal(room.config, config)
  t.notOk('file' in room)
})

t.test('a predicate that says no more has no shorthand and no Spring form', async t => {
  const room = definePredicate({ name: 'plain', config: Config({}), create: () => ({ match: () => true }) })
  t.match(room, { kind: 'predicate', name: 'plain', shorthand: null, spring: null })
  t.notOk('refuses' in room)
})

t.test('a room keeps what it says', async t => {
  const spring = { name: 'Full', args: ['wait'] }
  const said = { name: 'full', config: Config({ wait: Duration() }), shorthand: 'wait' as const, spring }
  t.match(defineFilter({ ...said, refuses: ['GW_FORBIDDEN'], create: () => ({}) }), { name: 'full', shorthand: 'wait', spring, refuses: ['GW_FORBIDDEN'] })
  t.match(definePredicate({ ...said, create: () => ({ match: () => false }) }), { name: 'full', shorthand: 'wait', spring })
})

t.test('create gets the config and the place it is used in', async t => {
  const filter = defineFilter({
    name: 'a',
    config: Config({ text: Type.String() }),
    create: ({ text }, { routeId, services }) => ({ request: x => { x.headers.set('x-made', `${text} ${routeId} ${services.clock.now()}`) } })
  })
  const x = exchange()
  await filter.create({ text: 'of' }, place).request!(x)
  t.equal(x.headers.get('x-made'), 'of a 0')

  const predicate = definePredicate({ name: 'b', config: Config({ path: Type.String() }), create: ({ path }) => ({ match: x => x.path === path }) })
  t.same([predicate.create({ path: '/' }, place).match(x), predicate.create({ path: '/b' }, place).match(x)], [true, false])
})
