import { Config, defineFilter, List, parseQuery, Type } from '../../../src/contract/index.ts'

export default defineFilter({
  name: 'remove-request-parameter',
  config: Config({
    names: List(Type.String({ minLength: 1 }), { description: 'Parameters to remove, as text. Every one of these names goes, however it was escaped.' })
  }),
  shorthand: 'names',
  spring: { name: 'RemoveRequestParameter', args: ['name'], toConfig: ({ name }) => ({ names: name }) },

  create: ({ names }) => {
    const removed = new Set(names)
    return {
      request: x => {
        if (x.query === '') return
        const sent = x.query.split('&')
        const kept = sent.filter(raw => !removed.has(nameOf(raw)))
        if (kept.length < sent.length) x.query = kept.join('&')
      }
    }
  }
})

const nameOf = (raw: string): string => parseQuery(raw)[0]?.name ?? ''
