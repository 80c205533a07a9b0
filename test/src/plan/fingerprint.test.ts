import t from 'tap'
import { roomsOf } from '../../../src/plan/compile-room.ts'
import { fingerprint } from '../../../src/plan/fingerprint.ts'
import type { RouteConfig } from '../../../src/contract/route-file.ts'

const origin = { file: 'a.yaml', pointer: '' }
const ROUTE: RouteConfig = { id: 'a', order: 0, predicates: [], filters: [], skip: [], targets: [{ to: 'orders', weight: 1, origin }], splitBy: null, timeouts: {}, timeoutMs: null, allowPath: [], metadata: {}, tests: [], origin, written: {} }
const of = (more: Partial<RouteConfig> = {}) => fingerprint({ ...ROUTE, ...more }, roomsOf([], []), null)

t.test('what decides among targets makes another plan', async t => {
  t.equal(of(), of({ written: { a: 1 }, origin: { file: 'b.yaml', pointer: '/x' } }))
  const { splitBy, ...without } = ROUTE
  t.equal(fingerprint(without, roomsOf([], []), null), of({ splitBy: splitBy ?? null }))
  t.equal(new Set([of(), of({ splitBy: 'principal' }), of({ splitBy: { cookie: 'a' } }), of({ splitBy: { cookie: 'b' } })]).size, 4)
  t.not(of({ targets: [{ to: 'orders', weight: 2, origin }] }), of())
})
