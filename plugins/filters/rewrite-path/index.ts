import { Config, ConfigError, defineFilter, Regex, rewrite, Type } from '../../../src/contract/index.ts'

const GROUP = /\$\{[^}]*\}|\$\d|\\([^])/g
/** What may stand in a path as it is (RFC 3986 3.3). */
const PATH_TEXT = /^(?:[\w\-.~!$&'()*+,;=:@/]|%[0-9A-Fa-f]{2})*$/

export default defineFilter({
  name: 'rewrite-path',
  config: Config({
    regexp: Regex({ description: 'Pattern (RE2 syntax); every part of the path that fits is replaced.' }),
    replacement: Type.String({ description: 'What stands in its place: `$1` is a group, `$\\{name}` a named one, `\\$` a dollar sign.' })
  }),
  spring: { name: 'RewritePath', args: ['regexp', 'replacement'] },

  create: ({ regexp, replacement }) => {
    const rewritten = rewrite(regexp, replacement)
    checkText(replacement)
    return {
      request: x => {
        const path = rewritten(x.path)
        x.path = path.startsWith('/') ? path : `/${path}`
      }
    }
  }
})

/** Outside its groups the replacement is path text: nothing that would end the path, and no variable of the route. */
function checkText (replacement: string): void {
  const text = replacement.replaceAll('$\\', '$').replace(GROUP, '$1')
  if (PATH_TEXT.test(text)) return
  throw new ConfigError('GW_CONFIG_INVALID', '/replacement',
    'only characters that may stand in a path, others percent-encoded; captured variables are not expanded here, $\\{name} is a group of the pattern')
}
