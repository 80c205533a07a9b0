import { GatewayError, isArriving, problem, type CallScope, type Dispatch, type Exchange, type Limited, type Reply, type TimeLimits } from '../../../src/contract/index.ts'
import { isSmall, whole } from './whole-answer.ts'

/** How long one try may take. */
export interface PerTry { readonly limits: TimeLimits, readonly ms: number }

class LateTry implements Limited {
  readonly #scope: CallScope

  constructor (scope: CallScope) {
    this.#scope = scope
  }

  late (): void {
    this.#scope.abort(new GatewayError('GW_HEAD_TIMEOUT'))
  }
}

/** Makes one try that ends with GW_HEAD_TIMEOUT when its time is over; a small answer, of at most `maxBytes`, must be here as a whole by then. */
export async function limitedTry (x: Exchange, next: Dispatch, { limits, ms }: PerTry, maxBytes: number): Promise<Reply> {
  const scope = x.openScope()
  const limit = limits.set(ms, new LateTry(scope))
  try {
    const reply = await next(x)
    const answer = isSmall(reply, maxBytes) ? await whole(x, reply, maxBytes) : reply
    // Its head came when it had been given up already
    return scope.aborted !== null && isArriving(answer) ? problem(codeOf(scope.aborted), x.id) : answer
  } finally {
    limit.lift()
    x.closeScope(scope)
  }
}

const codeOf = (reason: Error) => reason instanceof GatewayError ? reason.code : 'GW_CLIENT_GONE'
