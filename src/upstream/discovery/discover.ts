import type { DiscoveryConfig } from '../../contract/route-file.ts'
import type { Clock } from '../../contract/services.ts'
import type { Address } from '../address.ts'
import { dnsSource } from './dns-source.ts'
import { fileSource } from './file-source.ts'
import type { Begin, Source, SourceDeps } from './source.ts'
import { srvSource } from './srv-source.ts'

/** For all sources together to answer once. */
const READY_MS = 5000

/** The discovery of one upstream. */
export interface Discovery {
  /** Every source has answered or failed once, or five seconds are over. Never rejects. */
  readonly ready: Promise<void>
  close(): void
}

/** Hears all that one source knows, which takes the place of what that source said before. */
export type OnMembers = (addresses: readonly Address[], source: string) => void

/**
 * Finds addresses that change. Throws ConfigError below /discover; what it gives then begins to look. Of a file `onMembers` hears before
 * that returns.
 */
export function discovery (config: readonly DiscoveryConfig[]): (deps: SourceDeps, onMembers: OnMembers) => Discovery {
  const begins = config.map((one, i) => beginOf(one, `/discover/${i}`))
  return (deps, onMembers) => {
    const sources = begins.map((begin, i) => begin(deps, addresses => { onMembers(addresses, `discover/${i}`) }))
    return {
      ready: ready(sources, deps.clock),
      close: () => {
        for (const source of sources) source.close()
        // Questions that are on their way would keep the process
        deps.names.resolver.cancel()
      }
    }
  }
}

function beginOf (config: DiscoveryConfig, pointer: string): Begin {
  if ('dns' in config) return dnsSource(config, pointer)
  return 'srv' in config ? srvSource(config, pointer) : fileSource(config)
}

async function ready (sources: readonly Source[], clock: Clock): Promise<void> {
  const over = new AbortController()
  await Promise.race([Promise.all(sources.map(({ asked }) => asked)), clock.sleep(READY_MS, over.signal).catch(() => {})])
  over.abort()
}
