import shadow from '../../../../plugins/filters/shadow/index.ts'
import type { ShadowView } from '../../../../plugins/filters/shadow/shadow-view.ts'
import { opossumBreakers } from '../../../../src/adapters/breaker/opossum-breaker.ts'
import { problem, type Dispatch, type End, type ErrorCode, type Exchange, type Filter, type GatewayError, type Reply, type Step } from '../../../../src/contract/index.ts'
import { finish, run } from '../../../../src/plan/run.ts'
import { exchange, fakeDetours, fakeRandom, manualClock, mount, reply, type MountOptions, type TestRequest } from '../../../../src/testing/index.ts'

/** The client has its answer, or is gone before it had. */
export const OVER: End = { outcome: 'complete', code: null, bytesIn: 0, bytesOut: 0 }
export const GONE: End = { ...OVER, outcome: 'client-gone', code: 'GW_CLIENT_GONE' }

/** Every decision that tests have brought about: result, and reason. */
export const produced = new Set<string>()

/** Answers when it is told to, and at once when nobody waits any more. */
export function waits () {
  const asked: { readonly x: Exchange, readonly answer: (reply: Reply | ErrorCode) => void }[] = []
  const call: Dispatch = x => new Promise(resolve => {
    const answer = (given: Reply | ErrorCode) => { resolve(typeof given === 'string' ? problem(given, x.id) : given) }
    asked.push({ x, answer })
    x.onAbort({ abort: reason => { answer((reason as GatewayError).code) } })
  })
  return { asked, call }
}

/** What stands beside the filter. */
export interface Setup extends MountOptions {
  readonly ways?: Readonly<Record<string, Dispatch>>
  readonly live?: Dispatch
  /** What filters beside this one say of the caller. */
  readonly restate?: (audience: string) => Step
}

/** The filter on a route, with the shadows `next`, `other` and `sandbox` that answer as the live version does. */
export function mirrored (config: unknown, { ways = {}, live = async () => reply({ body: 'live' }), restate, ...options }: Setup = {}) {
  const clock = manualClock(1_700_000_000_000)
  const copies: Exchange[] = []
  const answers: Dispatch = async x => {
    copies.push(x)
    return reply({ body: 'live' })
  }
  const detours = fakeDetours({ 'shadow:next': answers, 'shadow:other': answers, 'shadow:sandbox': answers, 'shadow:live': answers, ...ways })
  const room: Filter = restate === undefined ? shadow : { ...shadow, create: (config, place) => shadow.create(config, { ...place, restate }) }
  const breaker = opossumBreakers({ clock, log: { warn: () => {} } as never })
  // Nobody is asked twice
  const quiet = { compare: { noise: { replay: '0%' } } }
  const made = mount(room, typeof config === 'object' && 'compare' in config! ? config : { ...quiet, ...config as object }, live, { upstreams: ['live'], ...options, services: { clock, detours, breaker, random: fakeRandom(0.99), ...options.services } })
  const decided = () => {
    const counts: Record<string, number> = {}
    for (const { name, labels, value } of made.services.registry.samples()) {
      if (name !== 'gatehouse_shadow_total' || value === 0) continue
      produced.add(`${labels['result']} ${labels['reason']}`)
      counts[`${labels['shadow']} ${labels['result']} ${labels['reason']}`] = value
    }
    return counts
  }
  /** One request from its beginning to its end. */
  const go = async (request: TestRequest | Exchange = {}, end: End = OVER) => {
    const x = 'body' in request && 'onAbort' in request ? request : exchange(request as TestRequest)
    const answer = await run(made.plan, x, { log: made.services.log, timed: false })
    finish(made.plan, x, end, made.services.log)
    await clock.pass(0)
    return answer
  }
  const view = (name: string) => made.services.board.find('shadow', 'test', name)!.view() as ShadowView
  return { ...made, clock, copies, decided, go, view, dispatch: made.plan.filters[0]!.phases.dispatch! }
}
