import { Config, defineFilter, List, SettableHeaderName } from '../../../src/contract/index.ts'

export default defineFilter({
  name: 'remove-request-header',
  config: Config({
    names: List(SettableHeaderName(), { description: 'Headers to remove.' })
  }),
  shorthand: 'names',
  spring: { name: 'RemoveRequestHeader', args: ['name'], toConfig: ({ name }) => ({ names: name }) },

  create: ({ names }) => {
    const headers = names.map(name => name.toLowerCase())
    return { request: x => { for (const header of headers) x.headers.delete(header) } }
  }
})
