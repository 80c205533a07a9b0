import { Config, defineFilter, problem, TimeLimits, Timeout, type Clock, type Dispatch } from '../../../src/contract/index.ts'
import { LimitedCall } from './limited-call.ts'

export default defineFilter({
  name: 'timeout',
  config: Config({
    limit: Timeout({ description: 'How long the call and the filters around it that are listed after this one may take, to the head of the answer; then 504.' })
  }),
  shorthand: 'limit',
  refuses: ['GW_TOTAL_TIMEOUT'],

  create: ({ limit }, { services: { clock }, report }) => {
    if (report) return { dispatch: next => reported(next, limit, clock) }
    const limits = new TimeLimits(clock)
    return {
      dispatch: next => x => {
        const deadline = clock.monotonic() + limit
        // What ends all ends this too
        return x.deadline <= deadline ? next(x) : new LimitedCall(x, limits).run(next, limit, deadline)
      },
      close: () => { limits.close() }
    }
  }
})

/** Nothing is given up: only that it would have been is told, by a refusal that the machine makes nothing of. */
const reported = (next: Dispatch, ms: number, clock: Clock): Dispatch => async x => {
  const deadline = clock.monotonic() + ms
  const reply = await next(x)
  return clock.monotonic() > deadline ? problem('GW_TOTAL_TIMEOUT', x.id) : reply
}
