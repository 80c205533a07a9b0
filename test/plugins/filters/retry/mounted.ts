import retry from '../../../../plugins/filters/retry/index.ts'
import { problem, type Dispatch, type ErrorCode, type Exchange, type Reply } from '../../../../src/contract/index.ts'
import { fakeRandom, mount, reply, type FakeServices, type TestReply, type TestRequest } from '../../../../src/testing/index.ts'

/** What upstream does with a call. */
export type Answer = TestReply | ErrorCode | Reply | ((x: Exchange) => Promise<Reply>)

/** Answers one call after the other, the last of them for ever. */
function upstream (...answers: Answer[]) {
  const seen: { avoid: Exchange['avoid'], body: string | null }[] = []
  const dispatch: Dispatch = async x => {
    const { avoid, body: { held } } = x
    const answer = answers[Math.min(seen.length, answers.length - 1)]!
    seen.push({ avoid, body: held === null ? null : Buffer.from(held).toString() })
    if (typeof answer === 'function') return await answer(x)
    if (typeof answer === 'string') return problem(answer, x.id)
    return 'code' in answer ? { ...answer } : reply(answer)
  }
  return { dispatch, seen }
}

/** Half of every wait. */
const services = (over: Partial<FakeServices> = {}): Partial<FakeServices> => ({ random: fakeRandom(0.5), ...over })

/** A route with the filter, and what it has counted. */
export function mounted (config: unknown, answers: Answer[], over?: Partial<FakeServices>) {
  const { dispatch, seen } = upstream(...answers)
  const { call, services: made, close, decisions, plan } = mount(retry, config, dispatch, { services: services(over), upstreams: ['orders'] })
  const counted = () => Object.fromEntries(made.registry.samples().filter(({ name, value }) => name === 'gatehouse_retries_total' && value > 0).map(({ labels, value }) => [labels['outcome'], value]))
  return { call, seen, clock: made.clock, counted, close, decisions, plan, services: made }
}

/** The status a client gets, and how often upstream was asked. */
export async function asked (config: unknown, answers: Answer[], request: TestRequest = {}, over?: Partial<FakeServices>) {
  const { call, seen, counted, clock } = mounted(config, answers, over)
  const { status, x, text } = await call(request)
  return { status, calls: seen.length, counted: counted(), slept: clock.slept, x, text, seen }
}

/** Two of upstream's answers. */
export const UNAVAILABLE = { status: 503 }
export const OK = { status: 200, body: 'here' }
