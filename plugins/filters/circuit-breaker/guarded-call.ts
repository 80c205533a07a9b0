import { problem, type CallEnd, type CallGate, type CallWatcher, type Dispatch, type Exchange, type Reply } from '../../../src/contract/index.ts'
import type { Barrier, Gate } from './breaker-gate.ts'
import type { Fallbacks } from './fallback/fallbacks.ts'
import type { Gates } from './gates.ts'

/** Around the call: turns requests away while the breaker is open, stands at its calls otherwise, and lets a fallback answer where there is one. */
export function guardedCall (gates: Gates, fallbacks: Fallbacks | null): (next: Dispatch) => Dispatch {
  return next => {
    const guarded: Dispatch = x => {
      const barrier = gates.of(x)
      if (barrier === null) return next(x)
      return barrier.passable ? passing(x, barrier, barrier, next) : Promise.resolve(turnedAway(x, barrier))
    }
    return fallbacks === null ? guarded : async x => fallbacks.settle(x, await guarded(x))
  }
}

/** The same where nothing is kept away: only what would have been is told, by a refusal that the machine makes nothing of. */
export function reportedCall (gates: Gates): (next: Dispatch) => Dispatch {
  return next => async x => {
    const barrier = gates.of(x)
    if (barrier === null) return await next(x)
    if (!barrier.passable) return turnedAway(x, barrier)
    const lenient = new Lenient(barrier)
    const reply = await passing(x, barrier, lenient, next)
    return lenient.refused ? refusal(x, barrier) : reply
  }
}

/** The gate hears of the calls that are made inside. */
async function passing (x: Exchange, barrier: Barrier, gate: Gate, next: Dispatch): Promise<Reply> {
  const others = x.gates
  x.gates = others === null ? gate.alone : [...others, gate]
  try {
    const reply = await next(x)
    return reply.code === 'GW_CIRCUIT_OPEN' && isOurs(reply, others, barrier) ? refusal(x, barrier) : reply
  } finally {
    x.gates = others
  }
}

/** A call that was kept away further in: by this breaker, and not by another that has given its own answer already. */
function isOurs ({ headers }: Reply, others: Exchange['gates'], barrier: Barrier): boolean {
  return !headers.has('retry-after') && (others === null || barrier.retryInMs !== null)
}

const NOT_MADE: CallEnd = { status: 0, code: 'GW_CIRCUIT_OPEN', headMs: 0 }

/** The breaker is asked all the same: it counts whom it refuses. A call that it would let through by now is none to it. */
function turnedAway (x: Exchange, barrier: Barrier): Reply {
  barrier.enter(x, '')?.ended(NOT_MADE)
  return refusal(x, barrier)
}

/** Trials that are all under way leave no time to tell: a second. */
function refusal (x: Exchange, { retryInMs }: Barrier): Reply {
  return problem('GW_CIRCUIT_OPEN', x.id, undefined, { 'retry-after': String(Math.max(1, Math.ceil((retryInMs ?? 0) / 1000))) })
}

const UNHEARD: CallWatcher = { ended: () => {} }

/** Hears of each call and keeps none away. */
class Lenient implements Gate {
  readonly alone: readonly CallGate[] = [this]
  refused = false
  readonly #gate: CallGate

  constructor (gate: CallGate) {
    this.#gate = gate
  }

  admits (): boolean {
    return true
  }

  enter (x: Exchange, endpoint: string): CallWatcher {
    const watcher = this.#gate.enter(x, endpoint)
    this.refused ||= watcher === null
    return watcher ?? UNHEARD
  }
}
