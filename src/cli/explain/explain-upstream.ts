import type { GatewayConfig, Target } from '../../contract/route-file.ts'
import { endpointsOf, type SentRequest } from '../rehearsal/offline-upstreams.ts'
import type { ExplainedUpstream } from './explanation.ts'

/** Where a request goes, and what the choice was among. */
export function explainUpstream ({ to, origin }: SentRequest, targets: readonly Target[], { upstreams }: Pick<GatewayConfig, 'upstreams'>): ExplainedUpstream {
  return {
    to: to ?? origin,
    endpoint: origin,
    byFilter: to === null,
    targets: to === null ? [] : targets.map(({ to: name, weight }) => ({ to: name, weight })),
    endpoints: to === null ? [] : endpointsOf(to, upstreams)
  }
}
