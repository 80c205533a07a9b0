import { Config, defineFilter, List, SettableHeaderName } from '../../../src/contract/index.ts'

export default defineFilter({
  name: 'remove-response-header',
  config: Config({
    names: List(SettableHeaderName(), { description: 'Headers to remove.' })
  }),
  shorthand: 'names',
  spring: { name: 'RemoveResponseHeader', args: ['name'], toConfig: ({ name }) => ({ names: name }) },

  create: ({ names }) => {
    const headers = names.map(name => name.toLowerCase())
    return { response: x => { for (const header of headers) x.reply!.headers.delete(header) } }
  }
})
