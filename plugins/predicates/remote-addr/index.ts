import { Config, definePredicate, List, networks, Type } from '../../../src/contract/index.ts'

export default definePredicate({
  name: 'remote-addr',
  config: Config({
    sources: List(Type.String(), { description: 'Addresses and CIDR blocks, one of which must hold the address that the connection comes from.' })
  }),
  shorthand: 'sources',
  spring: { name: 'RemoteAddr', args: ['...sources'], toConfig: ({ sources = [] }) => ({ sources: listed(sources) }) },

  create: ({ sources }) => {
    const inside = networks(sources, '/sources')
    return { match: x => inside.includes(x.client.peer) }
  }
})

/** In `args`, Spring takes a list as one text with commas too. */
const listed = (sources: string | string[]): string[] => [sources].flat().flatMap(text => text.split(',')).map(text => text.trim())
