import { Config, cookieValues, definePredicate, pattern, Regex, Type } from '../../../src/contract/index.ts'

export default definePredicate({
  name: 'cookie',
  config: Config({
    // Wider than a token (RFC 6265 4.1.1): clients send back whatever name they were given
    name: Type.String({ pattern: '^[!-:<>-~]+$', 'x-expects': 'a cookie name', description: 'Cookie that must be there.' }),
    matches: Type.Optional(Regex({ description: 'Pattern that one of its values must fit as a whole.' }))
  }),
  shorthand: 'name',
  spring: { name: 'Cookie', args: ['name', 'regexp'], toConfig: ({ name, regexp }) => ({ name, matches: regexp }) },

  create: ({ name, matches }) => {
    if (matches === undefined) return { match: x => cookieValues(x.headers, name).length > 0 }
    const fits = pattern(matches, '/matches')
    return { match: x => cookieValues(x.headers, name).some(value => fits.matches(value)) }
  }
})
