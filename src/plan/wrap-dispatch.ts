import type { Call, Exchange } from '../contract/exchange.ts'
import type { Reply } from '../contract/reply.ts'
import type { Dispatch } from '../contract/room.ts'
import type { Log } from '../contract/services.ts'
import { decide, isRefusal, pardon, pass } from './decide.ts'
import { checkedReply, failure, letGo } from './failure.ts'
import type { PlannedFilter } from './plan.ts'
import { recheck } from './recheck.ts'

/** Whoever the outermost filter was called by. */
const NOBODY = -1

/**
 * Wraps the call in the dispatch phases of all filters that have one, with their `when`, their `report` and their decisions; the first listed is
 * outermost. What it gives never rejects, unless there is nothing to wrap it in. `failed` is told of a filter that cannot be wrapped around.
 */
export function wrapDispatch (filters: readonly PlannedFilter[], upstream: Dispatch, failed: (filter: PlannedFilter, error: unknown) => void): Dispatch {
  const around = filters.filter(({ phases }) => phases.dispatch)
  const innermost = around.at(-1)
  if (innermost === undefined) return upstream
  return around.reduceRight((next, filter, slot) => {
    try {
      return wrap(filter, slot, next)
    } catch (error) {
      failed(filter, error)
      return next
    }
  }, guarded(upstream, around.length - 1, innermost.log))
}

/** The call to upstream itself, as filters are promised it. */
function guarded (upstream: Dispatch, caller: number, log: Log): Dispatch {
  return async x => {
    const asked = x.calls![caller]!
    let reply: Reply
    try {
      reply = checkedReply(await upstream(x))
    } catch (error) {
      reply = failure(error, x, 'GW_INTERNAL', null, log)
    }
    asked.reply = reply
    return reply
  }
}

/** `slot`: the place of the filter's calls in `x.calls`; those of whoever calls it stand before. */
function wrap (filter: PlannedFilter, slot: number, next: Dispatch): Dispatch {
  const inner = watched(slot, next)
  const wrapped = filter.phases.dispatch!(inner)
  if (typeof wrapped !== 'function') throw new TypeError('its dispatch phase gave no function')
  const { index } = filter
  const caller = slot === 0 ? NOBODY : slot - 1
  return async x => {
    const calls = x.calls ??= []
    const asked = caller === NOBODY ? null : calls[caller]!
    if (isSkipped(index, x)) {
      // Whoever is called next answers to the one before
      calls[slot] = asked ?? { pending: null, reply: null }
      return await next(x)
    }
    calls[slot] = undefined
    const started = x.timed ? performance.now() : 0
    let reply: Reply
    try {
      reply = checkedReply(await wrapped(x))
    } catch (error) {
      time(filter, started)
      reply = failure(error, x, 'GW_FILTER_FAILED', filter.name, filter.log)
      return answer(asked, await own(filter, slot, x, reply, !isRefusal(filter, error), inner))
    }
    time(filter, started)
    const received = repliedTo(calls, slot)
    if (isOwn(reply, received)) return answer(asked, await own(filter, slot, x, reply, false, inner))
    pass(filter, x, 'dispatch')
    if (received !== reply) letGo(received!.body, reply)
    return answer(asked, reply)
  }
}

const isSkipped = (index: number, { marks }: Exchange): boolean => marks !== null && marks[index] === 'skipped'

/** A reply may be another than came back and still stand for it, unless it is an error. */
const isOwn = (reply: Reply, received: Reply | null): boolean => received === null || (received !== reply && reply.code !== null)

function time (filter: PlannedFilter, started: number): void {
  if (started !== 0) filter.seconds.dispatch.record((performance.now() - started) / 1000)
}

function answer (asked: Call | null, reply: Reply): Reply {
  if (asked !== null) asked.reply = reply
  return reply
}

/** What the last call gave that the filter has made; null where it made none, or did not wait for it. */
const repliedTo = (calls: readonly (Call | undefined)[], slot: number): Reply | null => calls[slot]?.reply ?? null

/** The call as the filter makes it: whoever is called writes into it what came back, to tell what the filter makes of it. */
function watched (slot: number, next: Dispatch): Dispatch {
  return x => {
    const call: Call = { pending: null, reply: null }
    x.calls![slot] = call
    // A dispatch phase may have changed them
    const refused = recheck(x, x.originalPath, x.originalQuery)
    if (refused !== null) call.reply = refused
    const pending = refused === null ? next(x) : Promise.resolve(refused)
    call.pending = pending
    return pending
  }
}

/** The reply is the filter's own. */
async function own (filter: PlannedFilter, slot: number, x: Exchange, reply: Reply, failed: boolean, inner: Dispatch): Promise<Reply> {
  const call = x.calls![slot]
  if (filter.report && !failed && reply.code !== null) {
    pardon(filter, x, reply.code, 'dispatch')
    return await (call?.pending ?? inner(x))
  }
  decide(filter, x, failed ? 'failed' : reply.code === null ? 'answered' : 'refused', 'dispatch')
  // The call may still be on its way: a filter need not wait for it
  void call?.pending?.then(late => { letGo(late.body, reply) })
  return reply
}
