/** Source of a plugin with the predicate `everything`: it takes every request, and says so to whoever looks for routes in its shadow. */
export const EVERYTHING = `import { Config, definePredicate } from 'gatehouse/contract'

export default definePredicate({
  name: 'everything',
  config: Config({}),
  create: () => ({ index: {}, complete: true, match: () => true })
})
`
