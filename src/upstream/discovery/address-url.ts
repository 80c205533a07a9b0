import { isIPv6 } from 'node:net'

/** The origin of an address; null for one that no URL can hold, such as fe80::1%eth0. */
export function addressUrl (scheme: string, address: string, port: number): string | null {
  const url = `${scheme}://${isIPv6(address) ? `[${address}]` : address}:${port}`
  return URL.canParse(url) ? new URL(url).origin : null
}
