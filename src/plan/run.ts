import type { Exchange } from '../contract/exchange.ts'
import type { End, Reply } from '../contract/reply.ts'
import type { Log } from '../contract/services.ts'
import { decide, decideLimits, isRefusal, pardon, pass, skip } from './decide.ts'
import { checkedReply, failure, letGo } from './failure.ts'
import type { Plan, PlannedFilter } from './plan.ts'
import { recheck } from './recheck.ts'

/** What the runner needs beside the plan: where faults are logged, and whether this request's phases are timed. */
export interface RunOptions { readonly log: Log, readonly timed: boolean }

/**
 * Takes one request through its plan: down the filters, to upstream, back up through those it entered.
 * A filter that sets `x.reply` turns it back early. A phase that returns nothing is not awaited.
 * Never rejects: whatever fails becomes a reply with a code.
 */
export async function run (plan: Plan, x: Exchange, options: RunOptions): Promise<Reply> {
  const { requests, responses } = plan
  x.running = true
  x.timed = options.timed
  for (let i = 0; i < requests.length && x.reply === null; i++) {
    const pending = ask(requests[i]!, x, options)
    if (pending) await pending
  }
  x.asking = null
  if (x.reply === null) {
    x.entered = plan.filters.length
    try {
      x.reply = checkedReply(await plan.dispatch(x))
    } catch (error) {
      x.reply = failure(error, x, 'GW_INTERNAL', null, options.log)
    }
  }
  for (let i = 0; i < responses.length; i++) {
    if (responses[i]!.index >= x.entered) continue
    const pending = answer(responses[i]!, x, options)
    if (pending) await pending
  }
  x.running = false
  if (x.end !== null) finishLate(plan, x, x.end, options.log)
  return x.reply
}

/** Tells every filter that the request went down to how the exchange ended; where filters still work on it, when they have stopped. */
export function finish (plan: Plan, x: Exchange, end: End, log: Log): void {
  if (x.running) {
    x.end = end
    plan.life.enter()
    return
  }
  if (x.limits !== null) decideLimits(plan.filters, x, end.bytesIn)
  for (const filter of plan.dones) {
    if (filter.index >= x.entered || isSkipped(filter, x)) continue
    try {
      filter.phases.done!(x, end)
    } catch (error) {
      log.error({ error, 'gatehouse.route': plan.id, 'gatehouse.filter': filter.name, 'http.request.id': x.id }, 'done phase failed')
    }
  }
  if (x.ends !== null) for (const ended of x.ends) ended(end)
}

function finishLate (plan: Plan, x: Exchange, end: End, log: Log): void {
  finish(plan, x, end, log)
  plan.life.leave()
}

const isSkipped = ({ index }: PlannedFilter, x: Exchange): boolean => x.marks !== null && x.marks[index] === 'skipped'

function ask (filter: PlannedFilter, x: Exchange, options: RunOptions): void | Promise<void> {
  const { path, query } = x
  const started = options.timed ? performance.now() : 0
  x.entered = filter.index + 1
  x.asking = filter
  try {
    if (filter.when !== null && !filter.when.evaluate(x)) return skip(filter, x)
    const pending = filter.phases.request!(x)
    if (pending) return askLater(filter, x, pending, path, query, started, options)
    settle(filter, x, path, query, started)
  } catch (error) {
    fail(filter, x, error, path, query, started, options)
  }
}

async function askLater (filter: PlannedFilter, x: Exchange, pending: Promise<void>, path: string, query: string, started: number, options: RunOptions): Promise<void> {
  try {
    await pending
    settle(filter, x, path, query, started)
  } catch (error) {
    fail(filter, x, error, path, query, started, options)
  }
  // Nobody waits for the answer any more, so that no further filter need work on it
  if (x.aborted !== null && x.reply === null) x.reply = failure(x.aborted, x, 'GW_CLIENT_GONE', null, options.log)
}

function settle (filter: PlannedFilter, x: Exchange, path: string, query: string, started: number): void {
  if (started !== 0) filter.seconds.request.record((performance.now() - started) / 1000)
  const reply = x.reply === null ? null : checkedReply(x.reply)
  if (reply !== null && !(filter.report && reply.code !== null)) {
    decide(filter, x, reply.code === null ? 'answered' : 'refused', 'request')
    return
  }
  x.reply = recheck(x, path, query)
  if (x.reply !== null) decide(filter, x, 'refused', 'request')
  else if (reply === null) pass(filter, x, 'request')
  else pardon(filter, x, reply.code!, 'request')
}

/** An expected failure is a refusal like any other. */
function fail (filter: PlannedFilter, x: Exchange, error: unknown, path: string, query: string, started: number, { log }: RunOptions): void {
  x.reply = failure(error, x, 'GW_FILTER_FAILED', filter.name, log)
  if (isRefusal(filter, error)) return settle(filter, x, path, query, started)
  if (started !== 0) filter.seconds.request.record((performance.now() - started) / 1000)
  decide(filter, x, 'failed', 'request')
}

function answer (filter: PlannedFilter, x: Exchange, options: RunOptions): void | Promise<void> {
  if (isSkipped(filter, x)) return
  const before = x.reply!
  const { body } = before
  const started = options.timed ? performance.now() : 0
  try {
    if (filter.when !== null && filter.when.usesReply && !filter.when.evaluate(x, { reply: before })) return skip(filter, x)
    const pending = filter.phases.response!(x)
    if (pending) return answerLater(filter, x, pending, before, body, started, options)
    settleAnswer(filter, x, before, body, started)
  } catch (error) {
    failAnswer(filter, x, before, body, error, started, options)
  }
}

async function answerLater (filter: PlannedFilter, x: Exchange, pending: Promise<void>, before: Reply, body: Reply['body'], started: number, options: RunOptions): Promise<void> {
  try {
    await pending
    settleAnswer(filter, x, before, body, started)
  } catch (error) {
    failAnswer(filter, x, before, body, error, started, options)
  }
}

function settleAnswer (filter: PlannedFilter, x: Exchange, before: Reply, body: Reply['body'], started: number): void {
  const reply = x.reply === before ? before : checkedReply(x.reply!)
  if (started !== 0) filter.seconds.response.record((performance.now() - started) / 1000)
  if (reply === before || reply.code === null) pass(filter, x, 'response')
  else if (filter.report) {
    pardon(filter, x, reply.code, 'response')
    x.reply = before
    return
  } else decide(filter, x, 'refused', 'response')
  if (reply.body !== body) letGo(body, reply)
}

function failAnswer (filter: PlannedFilter, x: Exchange, before: Reply, body: Reply['body'], error: unknown, started: number, { log }: RunOptions): void {
  x.reply = failure(error, x, 'GW_FILTER_FAILED', filter.name, log)
  if (isRefusal(filter, error)) return settleAnswer(filter, x, before, body, started)
  if (started !== 0) filter.seconds.response.record((performance.now() - started) / 1000)
  decide(filter, x, 'failed', 'response')
  letGo(body, x.reply)
}
