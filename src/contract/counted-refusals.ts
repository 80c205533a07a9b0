import { refuseCaller } from './challenge.ts'
import { labelledCounter } from './labelled-counter.ts'
import type { Metrics } from './services.ts'

/** Refuses as `refuseCaller` does. */
export type CallerRefuser = (...refusal: Parameters<typeof refuseCaller>) => void

/** Refuses callers, each counted by the reason. */
export function countedRefusals (metrics: Metrics, name = 'gatehouse_credentials_refused_total'): CallerRefuser {
  const counter = labelledCounter(metrics, name, 'reason')
  return (x, code, reason, challenges, headers) => {
    counter(reason).add()
    refuseCaller(x, code, reason, challenges, headers)
  }
}
