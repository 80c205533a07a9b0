import { BlockList, isIP, isIPv4, SocketAddress } from 'node:net'
import { ConfigError } from './config-error.ts'

/** A set of networks. */
export interface Networks { includes(address: string): boolean }

/**
 * Compiles addresses and CIDR blocks (RFC 4632, RFC 4291 2.3). An address without a prefix length is that one address, in IPv6 too.
 * IPv4-mapped IPv6 addresses (`::ffff:10.0.0.1`) are the IPv4 address, and blocks of them blocks of IPv4. ConfigError at `pointer/<index>`.
 */
export function networks (sources: readonly string[], pointer: string): Networks {
  // One list a family: in a list of both, `::/0` would hold every IPv4 address too.
  const lists = { ipv4: new BlockList(), ipv6: new BlockList() }
  sources.forEach((source, i) => {
    const { address, prefix } = parse(source, `${pointer}/${i}`)
    const family = isIPv4(address) ? 'ipv4' : 'ipv6'
    lists[family].addSubnet(address, prefix, family)
  })
  return {
    includes: address => {
      const plain = unmapped(address)
      if (isIPv4(plain)) return lists.ipv4.check(plain, 'ipv4')
      return isIP(plain) !== 0 && lists.ipv6.check(plain, 'ipv6')
    }
  }
}

/** Where the bits of an IPv4 address begin in an IPv4-mapped one. */
const MAPPED_BITS = 96

function parse (source: string, pointer: string): { address: string, prefix: number } {
  const [, address = '', digits] = /^([^/%]+)(?:\/([0-9]{1,3}))?$/.exec(source) ?? []
  const version = isIP(address)
  const bits = version === 4 ? 32 : 128
  const prefix = Number(digits ?? bits)
  if (version === 0 || prefix > bits) {
    throw new ConfigError('GW_CONFIG_INVALID', pointer, 'not an address or CIDR block such as 10.0.0.0/8, 192.0.2.7 or 2001:db8::/32')
  }
  const plain = unmapped(address)
  return plain !== address && prefix >= MAPPED_BITS ? { address: plain, prefix: prefix - MAPPED_BITS } : { address, prefix }
}

/** The IPv4 address inside an IPv4-mapped IPv6 address (RFC 4291 2.5.5.2) however it is written, any other address as it is, without zone. */
export function unmapped (address: string): string {
  const zone = address.indexOf('%')
  const plain = zone < 0 ? address : address.slice(0, zone)
  if (!MAYBE_MAPPED.test(plain) || isIP(plain) !== 6) return plain
  // Written in the one way that inet_ntop has
  const canonical = new SocketAddress({ address: plain, family: 'ipv6' }).address
  return canonical.startsWith('::ffff:') && isIPv4(canonical.slice(7)) ? canonical.slice(7) : plain
}

const MAYBE_MAPPED = /^[0:]*:ffff:[0-9a-f.:]+$/i
