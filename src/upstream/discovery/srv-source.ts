import { ConfigError } from '../../contract/config-error.ts'
import type { DiscoveryConfig } from '../../contract/route-file.ts'
import { addressUrl } from './address-url.ts'
import { askDns } from './ask-dns.ts'
import type { Names } from './names.ts'
import { refresh, type Found } from './refresh.ts'
import { resolveHost } from './resolve-host.ts'
import type { Begin } from './source.ts'
import { srvAnswer, type SrvAnswer, type SrvTarget } from './srv-answer.ts'
import { srvShares, type ResolvedTarget } from './srv-shares.ts'

/** Until a target is resolved, the TTL of the others decides. */
const NO_LIMIT_MS = Infinity

/**
 * Targets of an SRV record set. Requests carry the name of the service, `orders.example.com` for `_http._tcp.orders.example.com`: it is
 * what the certificate must be for, because whoever can forge the record could name a target of his own (RFC 6125 6.2.1). Throws
 * ConfigError below `pointer`.
 */
export function srvSource ({ srv, scheme, zone }: Extract<DiscoveryConfig, { srv: string }>, pointer: string): Begin {
  const labels = srv.replace(/\.$/, '').split('.')
  const domain = labels.slice(labels.findIndex(label => !label.startsWith('_'))).join('.')
  if (!isName(labels) || !URL.canParse(`${scheme}://${domain}`)) throw new ConfigError('GW_CONFIG_INVALID', `${pointer}/srv`, 'expected a name such as _http._tcp.orders.example.com')
  return (deps, told) => {
    const { names } = deps
    const ask = async (signal: AbortSignal): Promise<Found> => {
      const answer = srvAnswer(await askDns({ name: srv, type: 'SRV' }, names.resolver.getServers(), { clock: deps.clock, signal }), srv)
      const { targets, ttlMs } = await resolveTargets(answer, names)
      const addresses = srvShares(targets).flatMap(({ target, address, weight, priority }) => {
        const url = addressUrl(scheme, address, target.port)
        return url === null ? [] : [{ url, name: new URL(`${scheme}://${domain}:${target.port}`).host, weight, zone: zone ?? null, priority }]
      })
      return { addresses, ttlMs }
    }
    return refresh(srv, ask, deps, told)
  }
}

/** RFC 1035 2.3.4; the name of a service is below that of a domain. */
const isName = (labels: readonly string[]): boolean =>
  labels.join('.').length <= 253 && labels.every(label => label.length > 0 && label.length <= 63) && labels.some(label => !label.startsWith('_'))

/** With the addresses that came along; the others are asked for. Those that cannot be found are left out while there are any. */
async function resolveTargets ({ targets, addresses, ttlMs }: SrvAnswer, names: Names): Promise<{ targets: ResolvedTarget[], ttlMs: number }> {
  const resolved = await Promise.allSettled(targets.map(target => resolveTarget(target, addresses.get(target.host), names)))
  const found = resolved.flatMap(one => one.status === 'fulfilled' ? one.value : [])
  const failed = resolved.find(one => one.status === 'rejected')
  if (failed && found.every(({ target }) => target.addresses.length === 0)) throw failed.reason
  return { targets: found.map(({ target }) => target), ttlMs: Math.min(ttlMs, ...found.map(one => one.ttlMs)) }
}

async function resolveTarget (target: SrvTarget, known: readonly string[] | undefined, names: Names): Promise<{ target: ResolvedTarget, ttlMs: number }> {
  if (known) return { target: { ...target, addresses: known }, ttlMs: NO_LIMIT_MS }
  const { addresses, ttlMs } = await resolveHost(target.host, names)
  return { target: { ...target, addresses }, ttlMs }
}
