import { isIP } from 'node:net'
import { unmapped, type Networks } from '../contract/cidr.ts'
import type { Client } from '../contract/client.ts'
import type { HeaderList } from '../contract/header-list.ts'

/**
 * The client behind trusted proxies: from the right of X-Forwarded-For (or Forwarded, RFC 7239 5.2), the first address that is
 * not a trusted proxy, at most `hops` entries deep. What is no address ends the walk: nothing left of it was written by a proxy we know.
 */
export function trustedClient (client: Client, headers: HeaderList, trusted: Networks, hops: number): Client {
  const chain = headers.get('x-forwarded-for')?.split(',') ?? forwardedFor(headers.get('forwarded') ?? '')
  let address = client.peer
  for (let hop = 0; hop < hops && chain.length > 0 && trusted.includes(address); hop++) {
    const next = addressOf(chain.pop()!)
    if (next === null) break
    address = next
  }
  return { ...client, address }
}

/** The scheme a trusted proxy was asked by: the last X-Forwarded-Proto, else Forwarded's `proto`. */
export function trustedScheme (headers: HeaderList): 'http' | 'https' | null {
  const last = headers.get('x-forwarded-proto')?.split(',').at(-1)?.trim().toLowerCase() ??
    /(?:^|;)\s*proto=("?)(https?)\1/i.exec(headers.get('forwarded')?.split(',').at(-1) ?? '')?.[2]?.toLowerCase()
  return last === 'http' || last === 'https' ? last : null
}

/** An element without `for` stays, as what is no address: left of it nobody known has written. */
function forwardedFor (forwarded: string): string[] {
  return forwarded.split(',').map(element => /(?:^|;)\s*for=("?)([^";,]*)\1/i.exec(element)?.[2] ?? '')
}

/** `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]:80` -> the address. */
function addressOf (node: string): string | null {
  const text = node.trim()
  const plain = text.startsWith('[') ? text.slice(1, text.indexOf(']')) : /^\d+\.\d+\.\d+\.\d+:\d+$/.test(text) ? text.slice(0, text.indexOf(':')) : text
  return isIP(plain) === 0 ? null : unmapped(plain)
}
