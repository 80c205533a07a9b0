import circuitBreaker from '../../../../plugins/filters/circuit-breaker/index.ts'
import { opossumBreakers } from '../../../../src/adapters/breaker/opossum-breaker.ts'
import type { Dispatch, Exchange, Reply } from '../../../../src/contract/index.ts'
import { fakeClock, fakeLog, mount, reply, type FakeServices, type MountOptions, type TestReply } from '../../../../src/testing/index.ts'

/** What the upstream of a test answers from now on. */
export type Answer = TestReply | ((x: Exchange) => Reply | Promise<Reply>)

/** Opens after two failures of the last four calls, for ten seconds, and closes after one good trial. */
export const TOUCHY = { window: 4, minimumCalls: 2, openFor: '10s', halfOpenCalls: 1 } as const

/** The room on the real breakers, with time in the test's hands. `upstream.answer` is what is answered. */
export function breaking (config: Readonly<Record<string, unknown>> = {}, { services = {}, ...options }: MountOptions & { services?: Partial<FakeServices> } = {}) {
  const clock = fakeClock(1_000_000)
  const breakers = opossumBreakers({ clock, log: fakeLog() })
  const upstream: { answer: Answer, asked: number } = { answer: {}, asked: 0 }
  const dispatch: Dispatch = async x => {
    upstream.asked++
    return typeof upstream.answer === 'function' ? await upstream.answer(x) : reply(upstream.answer)
  }
  const mounted = mount(circuitBreaker, { ...TOUCHY, ...config }, dispatch, { ...options, services: { clock, breaker: breakers, ...services } })
  const states = () => Object.fromEntries(breakers.board.list(2000).breakers.map(({ name, state }) => [name, state]))
  const counted = (name: string, label: string) => Object.fromEntries(mounted.services.registry.samples()
    .filter(one => one.name === name).map(({ labels, value }) => [labels[label], value]))
  return { ...mounted, clock, upstream, board: breakers.board, states, counted }
}

/** The same after two failures. */
export async function opened (...args: Parameters<typeof breaking>) {
  const room = breaking(...args)
  room.upstream.answer = { status: 503, body: 'down' }
  await room.call()
  await room.call()
  room.upstream.asked = 0
  return room
}
