import { Config, defineFilter, HeaderValue, SettableHeaderName, template, Type, type HeaderList } from '../../../src/contract/index.ts'

export default defineFilter({
  name: 'add-response-header',
  config: Config({
    name: SettableHeaderName({ description: 'Header to add a value to.' }),
    value: HeaderValue({ description: 'Value to add to those there are; `{variable}` is a captured variable.' }),
    onlyIfAbsent: Type.Boolean({ default: false, description: 'Add it only where the reply has no such header, or a blank one.' })
  }),
  spring: {
    name: 'AddResponseHeader',
    args: ['name', 'value', 'override'],
    toConfig: ({ override, ...args }) => ({ ...args, onlyIfAbsent: override === undefined ? false : opposite(String(override).toLowerCase()) })
  },

  create: ({ name, value, onlyIfAbsent }) => {
    const header = name.toLowerCase()
    const text = template(value, '/value')
    if (!onlyIfAbsent) return { response: x => { x.reply!.headers.append(header, text(x)) } }
    return {
      response: x => {
        const { headers } = x.reply!
        if (blank(headers, header)) headers.set(header, text(x))
      }
    }
  }
})

/** A field whose every value is blank says nothing: it counts as absent. */
const blank = (headers: HeaderList, name: string): boolean => headers.all(name).every(value => value.trim() === '')

/** What is neither true nor false stays as it is, for the schema to refuse. */
const opposite = (text: string): unknown => text === 'true' ? false : text === 'false' ? true : text
