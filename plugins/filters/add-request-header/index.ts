import { Config, defineFilter, HeaderValue, SettableHeaderName, template } from '../../../src/contract/index.ts'

export default defineFilter({
  name: 'add-request-header',
  config: Config({
    name: SettableHeaderName({ description: 'Header to add a value to.' }),
    value: HeaderValue({ description: 'Value to add to those there are; `{variable}` is a captured variable.' })
  }),
  spring: { name: 'AddRequestHeader', args: ['name', 'value'] },

  create: ({ name, value }) => {
    const header = name.toLowerCase()
    const text = template(value, '/value')
    return { request: x => { x.headers.append(header, text(x)) } }
  }
})
