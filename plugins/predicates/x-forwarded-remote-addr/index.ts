import { Config, definePredicate, List, networks, springNumber, Type, type Exchange, type Networks } from '../../../src/contract/index.ts'

export default definePredicate({
  name: 'x-forwarded-remote-addr',
  config: Config({
    sources: List(Type.String(), { description: 'Addresses and CIDR blocks, one of which must hold the address of the client.' }),
    maxTrustedIndex: Type.Optional(Type.Integer({
      minimum: 1,
      description: 'Take the entry of X-Forwarded-For at this place from the right, in place of what gateway.trustedProxies and trustedHops give.'
    }))
  }),
  shorthand: 'sources',
  spring: {
    name: 'XForwardedRemoteAddr',
    args: ['...sources'],
    toConfig: ({ sources = [], maxTrustedIndex }) => ({
      sources: [sources].flat().flatMap(elements),
      maxTrustedIndex: springNumber(maxTrustedIndex)
    })
  },

  create: ({ sources, maxTrustedIndex }) => {
    const inside = networks(sources, '/sources')
    if (maxTrustedIndex === undefined) return { match: x => inside.includes(x.client.address) }
    return { match: x => fromRight(x, maxTrustedIndex, inside) }
  }
})

/**
 * Proxies append to the right, so counting from there meets what they wrote before what the client made up. A list with fewer
 * entries was not written by all of them, so nothing is certain and nothing matches. Of an untrusted peer only its address counts.
 */
function fromRight (x: Exchange, index: number, inside: Networks): boolean {
  const { peer, trusted } = x.client
  if (!trusted) return inside.includes(peer)
  const entry = elements(x.headers.get('x-forwarded-for') ?? '').at(-index)
  return entry !== undefined && inside.includes(withoutPort(entry))
}

/** Elements of a list; empty ones do not count (RFC 9110 5.6.1). In `args`, Spring takes a list as one text with commas too. */
const elements = (line: string): string[] => line.split(',').map(entry => entry.trim()).filter(entry => entry !== '')

/** Some proxies write `192.0.2.1:4711` or, as in RFC 7239 6, `[2001:db8::1]:4711`. */
function withoutPort (entry: string): string {
  const parts = /^([\d.]+):\d+$|^\[([^\]]*)\](?::\d+)?$/.exec(entry)
  return parts?.[1] ?? parts?.[2] ?? entry
}
