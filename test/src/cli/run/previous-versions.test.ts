import t from 'tap'
import { withPreviousVersions } from '../../../../src/cli/run/previous-versions.ts'
import type { BrokenRoute } from '../../../../src/config/load-config.ts'
import { ConfigError } from '../../../../src/contract/config-error.ts'
import type { GatewayConfig, RouteConfig } from '../../../../src/contract/route-file.ts'

const origin = (place: string) => {
  const [file = '', position = ''] = place.split(':')
  return { file, pointer: `/routes/${position}` }
}
const route = (id: string, place: string, to = 'http://127.0.0.1:1') =>
  ({ id, origin: origin(place), targets: [{ to, weight: 1, origin: origin(place) }] }) as unknown as RouteConfig
const config = (routes: RouteConfig[], upstreams: string[] = []) => ({ settings: {}, routes, upstreams: new Map(upstreams.map(name => [name, {}])) }) as unknown as GatewayConfig
const broken = (id: string | null, place: string): BrokenRoute => ({ id, origin: origin(place), errors: [new ConfigError('GW_CONFIG_INVALID', '')] })

/** Ids in order, and what the broken ones are served by. */
function merged (next: RouteConfig[], all: BrokenRoute[], before: RouteConfig[], upstreams: string[] = []) {
  const { config: made, quarantined } = withPreviousVersions(config(next, upstreams), all, config(before))
  return { ids: made.routes.map(({ id }) => id), serving: quarantined.map(({ id, serving }) => `${id}: ${serving}`) }
}

t.test('puts the version before in its place', async t => {
  const before = ['a', 'b', 'c'].map((id, i) => route(id, `x.yaml:${i}`))
  t.same(merged([route('a', 'x.yaml:0'), route('c', 'x.yaml:2')], [broken('b', 'x.yaml:1')], before), { ids: ['a', 'b', 'c'], serving: ['b: previous'] })
  t.same(merged([route('b', 'x.yaml:1')], [broken('a', 'x.yaml:0'), broken('c', 'x.yaml:2')], before), { ids: ['a', 'b', 'c'], serving: ['a: previous', 'c: previous'] })
  t.same(merged([], [broken('c', 'x.yaml:0'), broken('a', 'x.yaml:1')], before).ids, ['c', 'a'])
})

t.test('keeps to the file that it stands in', async t => {
  const before = [route('a', 'x.yaml:0'), route('b', 'y.yaml:0'), route('z', 'z.yaml:0')]
  t.same(merged([route('x', 'x.yaml:0'), route('y', 'y.yaml:1'), route('z', 'z.yaml:0')], [broken('b', 'y.yaml:0')], before).ids, ['x', 'b', 'y', 'z'])
  t.same(merged([route('x', 'x.yaml:0'), route('z', 'z.yaml:0')], [broken('a', 'x.yaml:1')], before).ids, ['x', 'a', 'z'])
  t.same(merged([route('z', 'z.yaml:0')], [broken('b', 'y.yaml:0')], before).ids, ['z', 'b'])
})

t.test('leaves out what has no version before', async t => {
  t.same(merged([], [broken('new', 'x.yaml:0'), broken(null, 'x.yaml:1')], [route('a', 'x.yaml:0')]), { ids: [], serving: ['new: nothing', '/routes/1: nothing'] })
})

t.test('leaves out what has lost its upstream', async t => {
  const before = [route('a', 'x.yaml:0', 'orders')]
  t.same(merged([], [broken('a', 'x.yaml:0')], before), { ids: [], serving: ['a: nothing'] })
  t.same(merged([], [broken('a', 'x.yaml:0')], before, ['orders']), { ids: ['a'], serving: ['a: previous'] })
})

t.test('leaves out what has another of its name', async t => {
  t.same(merged([route('a', 'x.yaml:1')], [broken('a', 'x.yaml:0')], [route('a', 'x.yaml:0')]), { ids: ['a'], serving: ['a: nothing'] })
})
