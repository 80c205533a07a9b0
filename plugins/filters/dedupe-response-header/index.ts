import { Choice, Config, defineFilter, List, SettableHeaderName, type HeaderList } from '../../../src/contract/index.ts'

type Strategy = 'retain-first' | 'retain-last' | 'retain-unique'

const KEEP: Readonly<Record<Strategy, (values: string[]) => string[]>> = {
  'retain-first': values => values.slice(0, 1),
  'retain-last': values => values.slice(-1),
  'retain-unique': values => [...new Set(values)]
}

export default defineFilter({
  name: 'dedupe-response-header',
  config: Config({
    names: List(SettableHeaderName(), { description: 'Headers to look at.' }),
    strategy: Choice(['retain-first', 'retain-last', 'retain-unique'], { default: 'retain-first', description: 'Which lines of a repeated header stay.' })
  }),
  shorthand: 'names',
  spring: {
    name: 'DedupeResponseHeader',
    args: ['name', 'strategy'],
    toConfig: ({ name, strategy }) => ({
      names: String(name ?? '').split(/[\s,]+/).filter(one => one !== ''),
      strategy: strategy === undefined ? undefined : String(strategy).toLowerCase().replaceAll('_', '-')
    })
  },

  create: ({ names, strategy }) => {
    const headers = names.map(name => name.toLowerCase())
    const keep = KEEP[strategy]
    return { response: x => { for (const header of headers) dedupe(x.reply!.headers, header, keep) } }
  }
})

function dedupe (headers: HeaderList, name: string, keep: (values: string[]) => string[]): void {
  const values = headers.all(name)
  if (values.length < 2) return
  headers.delete(name)
  for (const value of keep(values)) headers.append(name, value)
}
