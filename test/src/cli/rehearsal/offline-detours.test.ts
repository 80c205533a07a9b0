import t from 'tap'
import { celExpressions } from '../../../../src/adapters/cel-expressions.ts'
import { compileAll } from '../../../../src/cli/compile-all.ts'
import { offlineDetours } from '../../../../src/cli/rehearsal/offline-detours.ts'
import { OfflineUpstreams } from '../../../../src/cli/rehearsal/offline-upstreams.ts'
import { SOMEBODY } from '../../../../src/cli/rehearsal/offline-request.ts'
import { Rehearsal } from '../../../../src/cli/rehearsal/rehearsal.ts'
import { Config, defineFilter, definePredicate, Type } from '../../../../src/contract/index.ts'
import { roomsOf } from '../../../../src/plan/compile-room.ts'
import { exchange, fakeRandom } from '../../../../src/testing/index.ts'
import { loadNative } from '../../config/load.ts'

const detour = defineFilter({
  name: 'detour',
  config: Config({ way: Type.Enum(['upstream', 'route', 'path']), to: Type.String() }),
  create: ({ way, to }, { services: { detours } }) => {
    const go = way === 'path' ? detours.path(to) : detours[way](to, '/to')
    return { dispatch: () => go }
  }
})
const path = definePredicate({ name: 'path', config: Config({ begins: Type.String() }), shorthand: 'begins', create: ({ begins }) => ({ match: x => x.path.startsWith(begins) }) })
const ROOMS = roomsOf([detour], [path])

const FILE = `upstreams: { spare: { endpoints: [http://10.2.2.2] } }
routes:
  - { id: by-upstream, predicates: [path: /upstream], filters: [detour: { way: upstream, to: spare }], upstream: http://10.1.1.1 }
  - { id: by-route, predicates: [path: /route], filters: [detour: { way: route, to: sorry }], upstream: http://10.1.1.1 }
  - { id: by-path, predicates: [path: /path], filters: [detour: { way: path, to: /sorry }], upstream: http://10.1.1.1 }
  - { id: sorry, predicates: [path: /sorry], upstream: http://10.3.3.3 }
`

async function rehearsed (file: string, target: string) {
  const { config } = await loadNative(file, { rooms: ROOMS })
  const compiled = compileAll({ config, rooms: ROOMS })
  const { plan, sent, status } = await new Rehearsal(config, compiled).run({ method: 'GET', target, scheme: 'http', headers: [['Host', 'a']], body: null, from: SOMEBODY })
  return { faults: compiled.faults, route: plan?.id, status, sent: sent.map(one => [one.to, one.origin, one.path]) }
}

t.test('takes a request the way that it would go, and tells of the route that it came to first', async t => {
  t.match(await rehearsed(FILE, '/upstream?a=b'), { faults: [], route: 'by-upstream', status: 200, sent: [['spare', 'http://10.2.2.2', '/upstream?a=b']] })
  t.match(await rehearsed(FILE, '/route?a=b'), { faults: [], route: 'by-route', status: 200, sent: [['http://10.3.3.3', 'http://10.3.3.3', '/route?a=b']] })
  t.match(await rehearsed(FILE, '/path?a=b'), { faults: [], route: 'by-path', status: 200, sent: [['http://10.3.3.3', 'http://10.3.3.3', '/sorry?a=b']] })
})

t.test('finds names that nobody has', async t => {
  t.match((await rehearsed(FILE.replace('to: spare', 'to: spar'), '/')).faults, [{ code: 'GW_CONFIG_UNKNOWN_UPSTREAM', pointer: '/routes/0/filters/0/detour/to', detail: /spare/ }])
  t.match((await rehearsed(FILE.replace('to: sorry', 'to: sory'), '/')).faults, [{ code: 'GW_CONFIG_UNKNOWN_ROUTE', pointer: '/routes/1/filters/0/detour/to', detail: /sorry/ }])
})

t.test('a shadow is no part of a rehearsal, but its name is looked up', async t => {
  const { config } = await loadNative(FILE.replace('http://10.2.2.2]', 'http://10.2.2.2], sandbox: true'), { rooms: ROOMS })
  const upstreams = new OfflineUpstreams(config, { random: fakeRandom(), expressions: celExpressions })
  const detours = offlineDetours(config, { route: 'by-upstream', upstreams, table: () => { throw new Error('is not asked') } })
  const way = detours.shadow('spare', 'next', '/to')
  t.match(way, { upstream: 'spare', sandbox: true })
  t.match(detours.shadow('http://10.4.4.4', 'next', '/to'), { upstream: 'http://10.4.4.4', sandbox: false })
  t.equal((await way.call(exchange())).code, 'GW_NO_ENDPOINT')
  t.same(upstreams.sent, [])
  t.throws(() => detours.shadow('nobody', 'next', '/to'), { code: 'GW_CONFIG_UNKNOWN_UPSTREAM', pointer: '/to' })
})

t.test('leads nowhere where nothing is rehearsed', async t => {
  const { config } = await loadNative(FILE, { rooms: ROOMS })
  const detours = offlineDetours(config)
  for (const way of [detours.upstream('spare', ''), detours.route('sorry', ''), detours.path('/sorry')]) t.equal((await way(exchange())).code, 'GW_NO_ENDPOINT')
  t.throws(() => detours.upstream('nobody', '/to'), { code: 'GW_CONFIG_UNKNOWN_UPSTREAM', pointer: '/to' })
  t.throws(() => detours.route('nobody', '/to'), { code: 'GW_CONFIG_UNKNOWN_ROUTE', pointer: '/to' })
})
