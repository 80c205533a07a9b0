import type { Call, Exchange } from '../contract/exchange.ts'
import type { Reply } from '../contract/reply.ts'
import type { Dispatch } from '../contract/room.ts'
import { decide, isRefusal, pardon, pass } from './decide.ts'
import { checkedReply, failure, letGo } from './failure.ts'
import type { PlannedFilter } from './plan.ts'
import { recheck } from './recheck.ts'

/** Wraps the call in a filter's dispatch phase, with its `when`, its `report` and its decisions. What it gives never rejects. */
export function wrapDispatch (filter: PlannedFilter, next: Dispatch): Dispatch {
  if (!filter.phases.dispatch) return next
  const inner = watched(filter, next)
  const wrapped = filter.phases.dispatch(inner)
  if (typeof wrapped !== 'function') throw new TypeError('its dispatch phase gave no function')
  const { index } = filter
  return async x => {
    if (x.marks !== null && x.marks[index] === 'skipped') return await next(x)
    x.calls ??= []
    x.calls[index] = undefined
    const started = x.timed ? performance.now() : 0
    let reply: Reply
    let failed = false
    try {
      reply = checkedReply(await wrapped(x))
    } catch (error) {
      failed = !isRefusal(filter, error)
      reply = failure(error, x, 'GW_FILTER_FAILED', filter.name, filter.log)
    }
    if (started !== 0) filter.seconds.dispatch.record((performance.now() - started) / 1000)
    const received = receivedBy(filter, x)
    if (received === null || (received !== reply && reply.code !== null)) return await own(filter, x, reply, failed, inner)
    pass(filter, x, 'dispatch')
    letGo(received.body, reply)
    return reply
  }
}

/** What the last call gave that the filter has made; null where it made none, or did not wait for it. */
const receivedBy = ({ index }: PlannedFilter, x: Exchange): Reply | null => x.calls![index]?.reply ?? null

/** The call as the filter makes it: what comes back is remembered, to tell what the filter makes of it. */
function watched (filter: PlannedFilter, next: Dispatch): Dispatch {
  const guarded = async (x: Exchange): Promise<Reply> => {
    try {
      // A dispatch phase may have changed them
      return recheck(x, x.originalPath, x.originalQuery) ?? checkedReply(await next(x))
    } catch (error) {
      return failure(error, x, 'GW_INTERNAL', null, filter.log)
    }
  }
  return async x => {
    const call: Call = { pending: guarded(x), reply: null }
    x.calls![filter.index] = call
    call.reply = await call.pending
    return call.reply
  }
}

/** The reply is the filter's own. */
async function own (filter: PlannedFilter, x: Exchange, reply: Reply, failed: boolean, inner: Dispatch): Promise<Reply> {
  const call = x.calls![filter.index]
  if (filter.report && !failed && reply.code !== null) {
    pardon(filter, x, reply.code, 'dispatch')
    return await (call?.pending ?? inner(x))
  }
  decide(filter, x, failed ? 'failed' : reply.code === null ? 'answered' : 'refused', 'dispatch')
  // The call may still be on its way: a filter need not wait for it
  void call?.pending.then(late => { letGo(late.body, reply) })
  return reply
}
