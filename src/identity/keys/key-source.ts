import { ConfigErrors } from '../../contract/config-error.ts'
import { checkIssuer } from './check-issuer.ts'
import { JwksClient, type JwksClientOptions } from './jwks-client.ts'
import { staticKeys } from './static-keys.ts'
import type { KeySource } from './verification-key.ts'

/** Keys that can be had before the first token comes. */
export interface PrefetchedKeys extends KeySource {
  /** Never rejects. */
  prefetch(): Promise<void>
}

/** The keys of one entry of `issuers:`: those it holds, or those it says where to fetch. Throws ConfigErrors with all that is wrong with the entry, pointers into it. */
export function keySource (options: JwksClientOptions): PrefetchedKeys {
  const { config } = options
  const faults = checkIssuer(config)
  if (faults.length > 0) throw new ConfigErrors(faults)
  if (config.keys === undefined && config.secret === undefined) return new JwksClient(options)
  return { ...staticKeys(config, ''), prefetch: async () => {} }
}
