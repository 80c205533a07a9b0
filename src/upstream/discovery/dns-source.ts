import { isIP } from 'node:net'
import { ConfigError } from '../../contract/config-error.ts'
import type { DiscoveryConfig } from '../../contract/route-file.ts'
import { addressUrl } from './address-url.ts'
import { refresh, type Found } from './refresh.ts'
import { resolveHost } from './resolve-host.ts'
import type { Begin } from './source.ts'

/**
 * Every address of the name in an origin. Requests keep the name: it is their Host, and what the certificate must be for. Throws
 * ConfigError below `pointer`.
 */
export function dnsSource ({ dns, weight, zone, priority }: Extract<DiscoveryConfig, { dns: string }>, pointer: string): Begin {
  if (!URL.canParse(dns)) throw new ConfigError('GW_CONFIG_INVALID', `${pointer}/dns`, 'expected an origin such as http://orders.svc:8080')
  const url = new URL(dns)
  const host = url.hostname.replace(/^\[|\]$/g, '')
  if (isIP(host) !== 0) throw new ConfigError('GW_CONFIG_NO_EFFECT', `${pointer}/dns`, 'this is an address already: it belongs under `endpoints`')
  const scheme = url.protocol.slice(0, -1)
  const port = Number(url.port || (scheme === 'https' ? 443 : 80))
  const place = { name: url.host, weight, zone: zone ?? null, priority }
  return (deps, told) => {
    const ask = async (): Promise<Found> => {
      const { addresses, ttlMs } = await resolveHost(host, deps.names)
      return { ttlMs, addresses: addresses.flatMap(address => addressUrl(scheme, address, port) ?? []).map(url => ({ url, ...place })) }
    }
    return refresh(dns, ask, deps, told)
  }
}
