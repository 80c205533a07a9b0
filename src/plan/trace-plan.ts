import { GatewayError, type ErrorCode } from '../contract/errors.ts'
import type { Exchange } from '../contract/exchange.ts'
import type { Dispatch, Phases, Step } from '../contract/room.ts'
import type { Log } from '../contract/services.ts'
import { changes, replyState, requestState, type Change, type State } from './changes.ts'
import type { Decisions, Plan, PlannedFilter } from './plan.ts'
import { wrapDispatch } from './wrap-dispatch.ts'

export type Decision = 'passed' | 'refused' | 'answered' | 'skipped' | 'would-refuse' | 'failed'

/** What one filter did to one exchange. */
export interface FilterTrace {
  readonly name: string
  /** Position in the route's list. */
  readonly index: number
  readonly report: boolean
  readonly acts: readonly ('request' | 'dispatch' | 'response' | 'done')[]
  /** Whether the request got that far. */
  readonly reached: boolean
  readonly decisions: ReadonlySet<Decision>
  readonly onRequest: readonly Change[]
  readonly onReply: readonly Change[]
  /** What it refused with, or would have; null where the machine refused on its account. */
  readonly code: ErrorCode | null
  /** What it threw. */
  readonly error: string | null
}

type Writable = { -readonly [K in keyof FilterTrace]: FilterTrace[K] } & { decisions: Set<Decision> }

/** The same plan, but every filter leaves a trace. `dispatch` is the call to upstream without the filters around it. No timeout: nobody waits. */
export function tracePlan (plan: Plan, dispatch: Dispatch): { plan: Plan, traces: readonly FilterTrace[] } {
  const traces = plan.filters.map(openTrace)
  const filters = plan.filters.map((filter, i) => traced(filter, traces[i]!))
  return {
    traces,
    plan: {
      ...plan,
      config: { ...plan.config, timeoutMs: null },
      filters,
      requests: filters.filter(filter => filter.phases.request),
      responses: filters.filter(filter => filter.phases.response).reverse(),
      dones: filters.filter(filter => filter.phases.done).reverse(),
      dispatch: wrapDispatch(filters, dispatch, (_, error) => { throw error })
    }
  }
}

function openTrace ({ name, index, report, phases }: PlannedFilter): Writable {
  const acts = (['request', 'dispatch', 'response', 'done'] as const).filter(phase => phases[phase])
  return { name, index, report, acts, reached: false, decisions: new Set(), onRequest: [], onReply: [], code: null, error: null }
}

function traced (filter: PlannedFilter, trace: Writable): PlannedFilter {
  const { request, dispatch, response, done } = filter.phases
  const phases: Phases = {
    ...filter.phases,
    ...request && { request: watched(request, trace, requestState, 'onRequest') },
    ...dispatch && { dispatch: next => around(dispatch(next), trace) },
    ...response && { response: watched(response, trace, x => replyState(x.reply!), 'onReply') },
    ...done && { done: (x, end) => { trace.reached = true; done(x, end) } }
  }
  return { ...filter, phases, decisions: decisions(trace), log: pardons(trace) }
}

/** Runs the step and notes what it changed. An error is noted and thrown on: the runner knows what it means. */
function watched (step: Step, trace: Writable, state: (x: Exchange) => State, into: 'onRequest' | 'onReply'): Step {
  return async x => {
    trace.reached = true
    const before = state(x)
    const code = x.reply?.code ?? null
    try {
      await step(x)
    } catch (error) {
      noteError(error, trace)
      throw error
    }
    trace[into] = changes(before, state(x))
    if (x.reply !== null && x.reply.code !== code) trace.code = x.reply.code
  }
}

function around (wrapped: Dispatch, trace: Writable): Dispatch {
  return async x => {
    trace.reached = true
    const { attempt } = x
    try {
      const reply = await wrapped(x)
      if (x.attempt === attempt) trace.code = reply.code
      return reply
    } catch (error) {
      noteError(error, trace)
      throw error
    }
  }
}

function noteError (error: unknown, trace: Writable): void {
  trace.code = error instanceof GatewayError ? error.code : null
  trace.error = error instanceof Error ? error.message : String(error)
}

/** A filter that only reports tells its log what it would have refused with. */
function pardons (trace: Writable): Log {
  const ignored = () => {}
  return { debug: ignored, warn: ignored, error: ignored, info: fields => { trace.code ??= (fields as { 'error.code'?: ErrorCode })['error.code'] ?? null } }
}

function decisions ({ decisions: made }: Writable): Decisions {
  const note = (decision: Decision) => ({ add: () => { made.add(decision) } })
  return {
    passed: note('passed'),
    refused: note('refused'),
    answered: note('answered'),
    skipped: note('skipped'),
    wouldRefuse: note('would-refuse'),
    failed: note('failed')
  }
}
