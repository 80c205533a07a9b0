import { Config, defineFilter, HeaderValue, Regex, rewrite, SettableHeaderName } from '../../../src/contract/index.ts'

export default defineFilter({
  name: 'rewrite-response-header',
  config: Config({
    name: SettableHeaderName({ description: 'Header to rewrite.' }),
    regexp: Regex({ description: 'Pattern (RE2 syntax); every part of a value that fits is replaced.' }),
    replacement: HeaderValue({ description: 'What takes its place. `$1` and `$\\{name}` are groups of the pattern, `$0` is all of it, `\\$` is the character.' })
  }),
  spring: { name: 'RewriteResponseHeader', args: ['name', 'regexp', 'replacement'] },

  create: ({ name, regexp, replacement }) => {
    const header = name.toLowerCase()
    const rewritten = rewrite(regexp, replacement)
    return {
      response: x => {
        const { headers } = x.reply!
        const values = headers.all(header)
        headers.delete(header)
        for (const value of values) headers.append(header, rewritten(value))
      }
    }
  }
})
