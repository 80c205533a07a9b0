import { ConfigError, type Exchange, type Services } from '../../../src/contract/index.ts'
import { forbidden, type Denial } from './conditions.ts'

/** A caller can make an expression fail as often as it likes; the log tells of it this often. */
const LOG_EVERY_MS = 60_000

const DENIED = forbidden('expression')

/** Compiles `allow`. What it gives denies where the expression does not hold, and where it cannot be evaluated: nobody gets in because a rule failed. */
export function allowance (source: string, routeId: string, { expressions, log, clock }: Services): (x: Exchange) => Denial | null {
  const expression = expressions.condition(source, '/allow')
  if (expression.usesReply || expression.usesBody) throw new ConfigError('GW_CONFIG_NO_EFFECT', '/allow', 'authorize acts before there is a reply and reads no body, so its expression cannot use reply or body')
  let loggedAt = -Infinity
  const failed = (error: unknown): void => {
    if (clock.monotonic() - loggedAt < LOG_EVERY_MS) return
    loggedAt = clock.monotonic()
    log.warn({ 'gatehouse.route': routeId, 'gatehouse.filter': 'authorize', 'error.message': reasonOf(error) }, 'the expression cannot be evaluated, so the request is refused; told once a minute')
  }
  return x => {
    try {
      return expression.evaluate(x) ? null : DENIED
    } catch (error) {
      failed(error)
      return DENIED
    }
  }
}

/** The first line alone: the others show the expression. */
function reasonOf (error: unknown): string {
  const cause: unknown = error instanceof Error ? error.cause ?? error : error
  return String(cause instanceof Error ? cause.message : cause).split('\n', 1)[0]!
}
