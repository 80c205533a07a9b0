import hedge from '../../../../plugins/filters/hedge/index.ts'
import { problem, type Dispatch, type ErrorCode, type Exchange, type GatewayError, type Reply } from '../../../../src/contract/index.ts'
import { run } from '../../../../src/plan/run.ts'
import { manualClock, mount, reply, type MountOptions } from '../../../../src/testing/index.ts'

/** One call to upstream that waits for the test. */
export interface Asked { readonly x: Exchange, readonly answer: (reply: Reply | ErrorCode) => void, readonly gone: string[] }

/** A route with the filter in front of endpoints that answer when they are told to. */
export function mounted (config: unknown, options: MountOptions = {}) {
  const clock = manualClock()
  const asked: Asked[] = []
  const dispatch: Dispatch = x => new Promise(resolve => {
    x.endpoint = `http://${'abc'[asked.length % 3]}.test`
    x.upstream = 'orders'
    const gone: string[] = []
    const answer = (given: Reply | ErrorCode) => { resolve(typeof given === 'string' ? problem(given, x.id) : given) }
    asked.push({ x, answer, gone })
    x.onAbort({
      abort: reason => {
        gone.push((reason as GatewayError).code)
        answer((reason as GatewayError).code)
      }
    })
  })
  const made = mount(hedge, config, dispatch, { upstreams: ['orders'], ...options, services: { clock, ...options.services } })
  const go = (x: Exchange) => run(made.plan, x, { log: made.services.log, timed: false })
  const counted = () => Object.fromEntries(made.services.registry.samples().filter(({ name, value }) => name === 'gatehouse_hedges_total' && value > 0).map(({ labels, value }) => [labels['outcome'], value]))
  return { ...made, clock, asked, go, counted }
}

/** A good answer. */
export const ok = (body: string): Reply => reply({ body })
