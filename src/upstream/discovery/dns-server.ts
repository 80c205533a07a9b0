import { isIPv6 } from 'node:net'

/** Where DNS can be asked. */
export interface DnsServer { readonly address: string, readonly port: number, readonly family: 4 | 6 }

/** Reads what `dns.getServers()` gives: `10.0.0.2`, `10.0.0.2:5353`, `2001:db8::2`, `[2001:db8::2]:5353`. */
export function dnsServer (text: string): DnsServer {
  const bracketed = /^\[(.+)\](?::([0-9]+))?$/.exec(text)
  if (bracketed) return { address: bracketed[1]!, port: Number(bracketed[2] ?? 53), family: 6 }
  if (isIPv6(text)) return { address: text, port: 53, family: 6 }
  const [address = '', port = '53'] = text.split(':')
  return { address, port: Number(port), family: 4 }
}
