import type { GatewayConfig, RouteConfig } from '../../contract/route-file.ts'
import { keyText } from '../route-table.ts'
import { endpointsOf, type SentRequest } from '../rehearsal/offline-upstreams.ts'
import type { ExplainedUpstream } from './explanation.ts'

/** Where a request goes, and what the choice was among. */
export function explainUpstream ({ to, origin }: SentRequest, { targets, splitBy = null }: Pick<RouteConfig, 'targets' | 'splitBy'>, { upstreams }: Pick<GatewayConfig, 'upstreams'>): ExplainedUpstream {
  return {
    to: to ?? origin,
    endpoint: origin,
    byFilter: to === null,
    targets: to === null ? [] : targets.map(({ to: name, weight }) => ({ to: name, weight })),
    splitBy: to === null || splitBy === null ? null : keyText(splitBy),
    endpoints: to === null ? [] : endpointsOf(to, upstreams)
  }
}
