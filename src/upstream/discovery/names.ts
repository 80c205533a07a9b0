import { promises } from 'node:dns'

/** Who turns names into addresses. */
export interface Names {
  /** DNS itself, for answers with their TTL; its servers are also asked for SRV records. Of one upstream: what it asks is cancelled with that. */
  readonly resolver: Pick<promises.Resolver, 'resolve4' | 'resolve6' | 'getServers' | 'cancel'>
  /** The system's way, with /etc/hosts and search domains. */
  lookup(host: string): Promise<readonly { readonly address: string }[]>
}

/** One try after so long and one more: whoever asks tries again later. */
const TRY_MS = 1500

/** Those of the machine, with the DNS servers it has now. */
export const systemNames = (): Names => ({
  resolver: new promises.Resolver({ timeout: TRY_MS, tries: 2 }),
  lookup: host => promises.lookup(host, { all: true })
})
