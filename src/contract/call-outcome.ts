import type { CallOutcome } from './breaker.ts'
import type { CallEnd } from './call-watcher.ts'
import type { ErrorCode } from './errors.ts'

/** What may come instead of an answer and is on the account of whoever was called, in the words of route files. */
export const UPSTREAM_FAULTS = {
  connect: ['GW_UPSTREAM_UNREACHABLE', 'GW_CONNECT_TIMEOUT'],
  tls: ['GW_UPSTREAM_TLS'],
  reset: ['GW_UPSTREAM_RESET'],
  timeout: ['GW_HEAD_TIMEOUT', 'GW_IDLE_TIMEOUT'],
  protocol: ['GW_UPSTREAM_PROTOCOL']
} as const satisfies Record<string, readonly ErrorCode[]>

const FAULTS: ReadonlySet<ErrorCode> = new Set<ErrorCode>([...Object.values(UPSTREAM_FAULTS).flat(), 'GW_TOTAL_TIMEOUT'])
const OUT_OF_TIME: ReadonlySet<ErrorCode> = new Set<ErrorCode>([...UPSTREAM_FAULTS.timeout, 'GW_TOTAL_TIMEOUT'])

/** Answers that say that whoever gave them cannot serve, unless a route file says otherwise. */
export const FAILING_STATUSES: readonly number[] = [502, 503, 504]

/** What a call is judged by: statuses that are failures, and when it is slow. */
export interface CallMeasure { readonly failing: ReadonlySet<number>, readonly slowMs: number }

const USUAL: CallMeasure = { failing: new Set(FAILING_STATUSES), slowMs: Infinity }

/**
 * What a call that has ended says of whoever was called. No connection, no answer in time and a broken answer are failures, and so is a status that
 * is one, whatever became of its body. Clients that went away, what the gateway itself refused or cut off, and 4xx, which any client can bring
 * about, say nothing.
 */
export function callOutcome (end: CallEnd, { failing, slowMs }: CallMeasure = USUAL): CallOutcome {
  const isSlow = end.headMs > slowMs
  if (failing.has(end.status) || isFault(end)) return isSlow ? 'slow-failure' : 'failure'
  if (end.code !== null || (end.status >= 400 && end.status < 500)) return 'ignored'
  return isSlow ? 'slow' : 'success'
}

/** Whoever waits for a slow client until time is up has not failed. */
const isFault = ({ code, heldBack = false }: CallEnd): boolean => code !== null && FAULTS.has(code) && !(heldBack && OUT_OF_TIME.has(code))
