import { Config, defineFilter, parseQuery, template, Type } from '../../../src/contract/index.ts'

/** A broken escape, or a character that could end a query value or mean something else in it (RFC 3986 2.3, 3.4). */
const UNSAFE = /%(?![0-9A-Fa-f]{2})|[^\w\-.~%]/gu

export default defineFilter({
  name: 'rewrite-request-parameter',
  config: Config({
    name: Type.String({ minLength: 1, description: 'Parameter whose value is replaced, as text. Nothing happens where the request has none.' }),
    replacement: Type.String({ description: 'Its one value from now on; `{variable}` is a captured variable. Escapes such as `%20` are kept, all else that needs one gets one.' })
  }),
  spring: {
    name: 'RewriteRequestParameter',
    args: ['name', 'replacement'],
    // Spring's replacement is plain text: no variables in it, and a percent sign stands for itself.
    toConfig: ({ name, replacement }) => ({ name, replacement: typeof replacement === 'string' ? encodeURIComponent(replacement) : replacement })
  },

  create: ({ name, replacement }) => {
    const text = template(replacement, '/replacement')
    return {
      request: x => {
        if (x.query === '') return
        let found = false
        const pieces = x.query.split('&').flatMap(raw => {
          if (parseQuery(raw)[0]?.name !== name) return raw
          if (found) return []
          found = true
          return `${raw.split('=', 1)[0]}=${text(x).replace(UNSAFE, encodeURIComponent)}`
        })
        if (found) x.query = pieces.join('&')
      }
    }
  }
})
