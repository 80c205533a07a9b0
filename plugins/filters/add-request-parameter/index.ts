import { Config, defineFilter, template, Type, variables } from '../../../src/contract/index.ts'

/** A broken escape, or a character that could end a query value or mean something else in it (RFC 3986 2.3, 3.4). */
const UNSAFE = /%(?![0-9A-Fa-f]{2})|[^\w\-.~%]/gu

export default defineFilter({
  name: 'add-request-parameter',
  config: Config({
    name: Type.String({ minLength: 1, description: 'Parameter to add, as text: what needs an escape gets one.' }),
    value: Type.String({ description: 'Its value; `{variable}` is a captured variable. Escapes such as `%20` are kept, all else that needs one gets one.' })
  }),
  spring: {
    name: 'AddRequestParameter',
    args: ['name', 'value'],
    // Spring puts the value on the wire as it is, where a plus stands for a space.
    toConfig: ({ name, value }) => ({ name, value: typeof value === 'string' ? value.replaceAll('+', '%20') : value })
  },

  create: ({ name, value }) => {
    const key = encodeURIComponent(name)
    const text = template(value, '/value')
    const changes = variables(value).length > 0
    let constant: string | null = null
    return {
      request: x => {
        const added = constant ?? `${key}=${text(x).replace(UNSAFE, encodeURIComponent)}`
        if (!changes) constant = added
        const { query } = x
        x.query = query === '' || query.endsWith('&') ? query + added : `${query}&${added}`
      }
    }
  }
})
