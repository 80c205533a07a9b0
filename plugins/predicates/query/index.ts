import { Config, definePredicate, pattern, queryValues, Regex, Type } from '../../../src/contract/index.ts'

export default definePredicate({
  name: 'query',
  config: Config({
    name: Type.String({ minLength: 1, description: 'Parameter that must be there, decoded.' }),
    matches: Type.Optional(Regex({ description: 'Pattern that one of its values, decoded, must fit as a whole.' }))
  }),
  shorthand: 'name',
  spring: {
    name: 'Query',
    args: ['param', 'regexp'],
    // Spring takes a pattern without text for none
    toConfig: ({ param, regexp }) => ({ name: param, matches: String(regexp ?? '').trim() === '' ? undefined : regexp })
  },

  create: ({ name, matches }) => {
    if (matches === undefined) return { match: x => queryValues(x.query, name).length > 0 }
    const fits = pattern(matches, '/matches')
    return { match: x => queryValues(x.query, name).some(value => fits.matches(value)) }
  }
})
