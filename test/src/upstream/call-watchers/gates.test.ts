import t from 'tap'
import { exchange } from '../../../../src/testing/index.ts'
import { call } from '../../../../src/upstream/upstream-call.ts'
import { OK } from '../../../wire/harness/raw-upstream.ts'
import { bodyOf, calling, LATE, fakeGate } from './caller.ts'

t.test('a gate that does not let the call through keeps it from being made', async t => {
  const { ask, told, upstream, endpoint } = await calling(t, ({ socket }) => { socket.write(OK) }, { over: { enter: () => null } })
  const x = exchange()
  t.match(await ask(x), { status: 503, code: 'GW_CIRCUIT_OPEN' })
  t.same([told(), x.attempt, upstream.connections, endpoint.inFlight], [[], 0, 0, 0])
})

t.test('a gate before the one that is closed hears that the call said nothing', async t => {
  const { endpoint } = await calling(t, ({ socket }) => { socket.write(OK) })
  const [open, closed] = [fakeGate(), fakeGate({ enter: () => null })]
  const x = exchange()
  x.gates = [open.gate, closed.gate]
  t.equal((await call(x, endpoint, LATE)).code, 'GW_CIRCUIT_OPEN')
  t.same(open.ends, [{ status: 0, code: 'GW_CIRCUIT_OPEN', headMs: 0 }])
})

t.test('a full endpoint is no business of the gates', async t => {
  const { endpoint, ask, entered, told } = await calling(t, () => {})
  for (let i = 0; i < 14; i++) endpoint.enter()
  t.equal((await ask(exchange())).code, 'GW_OVERLOADED')
  t.same([entered, told()], [[], []])
})

t.test('a call that is made again after a lost connection is two', async t => {
  let onFirst = 0
  const { ask, told, entered, upstream } = await calling(t, ({ socket, connection }) => {
    if (connection === 1 && ++onFirst === 2) socket.destroy()
    else socket.write(OK)
  }, { connections: 1 })
  const xs = [exchange(), exchange()]
  for (const x of xs) t.equal(await bodyOf(await ask(x)), 'ok')
  t.same(xs.map(({ attempt }) => attempt), [1, 2])
  t.same(told(), [[200, null], [0, 'GW_UPSTREAM_RESET'], [200, null]])
  t.same([entered.length, upstream.connections], [3, 2])
})

t.test('what went wrong is told to the client where a gate does not let the call be made again', async t => {
  let open = true
  const { ask, told, entered } = await calling(t, ({ socket }) => {
    open = false
    socket.destroy()
  }, { over: { admits: () => open } })
  t.equal((await ask(exchange())).code, 'GW_UPSTREAM_RESET')
  t.same([told(), entered.length], [[[0, 'GW_UPSTREAM_RESET']], 1])
})
