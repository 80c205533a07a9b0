import { Config, defineFilter, HeaderValue, SettableHeaderName, template } from '../../../src/contract/index.ts'

export default defineFilter({
  name: 'set-request-header',
  config: Config({
    name: SettableHeaderName({ description: 'Header to set.' }),
    value: HeaderValue({ description: 'Its one value from now on; `{variable}` is a captured variable.' })
  }),
  spring: { name: 'SetRequestHeader', args: ['name', 'value'] },

  create: ({ name, value }) => {
    const header = name.toLowerCase()
    const text = template(value, '/value')
    return { request: x => { x.headers.set(header, text(x)) } }
  }
})
