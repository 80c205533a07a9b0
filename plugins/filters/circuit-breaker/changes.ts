import { labelledCounter, onePerConfiguration, type BreakerChange, type Place } from '../../../src/contract/index.ts'
import { ChangeWebhook } from './change-webhook.ts'
import type { CircuitBreakerConfig } from './circuit-breaker-config.ts'

/** Name of a use: that of its route and its own; a second one of the same name on the route is numbered. */
export function nameOf ({ name = 'circuit-breaker' }: CircuitBreakerConfig, { routeId, services }: Place): string {
  const known = onePerConfiguration(services, 'circuit-breaker', { routeId, name }, () => ({ uses: 0 }))
  return `${routeId}/${name}${++known.uses === 1 ? '' : `-${known.uses}`}`
}

/** Tells of changes of state: a metric for each, and the webhook where there is one. */
export function changeTeller ({ webhook }: CircuitBreakerConfig, { routeId, services }: Place): { tell(change: BreakerChange): void, close(): void } {
  const counter = labelledCounter<BreakerChange['to']>(services.metrics, 'gatehouse_breaker_changes_total', 'to')
  const hook = webhook === undefined ? null : new ChangeWebhook(webhook, routeId, services)
  return {
    tell: change => {
      counter(change.to).add()
      hook?.send(change)
    },
    close: () => { hook?.close() }
  }
}
