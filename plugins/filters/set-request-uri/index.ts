import { Config, ConfigError, defineFilter, List, refuse, template, Type, variables } from '../../../src/contract/index.ts'
import { compileHost } from './compile-host.ts'
import { compileQuery } from './compile-query.ts'

const PARTS = /^(https?):\/\/([^/?#]*)([^?#]*)(?:\?([^#]*))?$/
/** RFC 3986 3.3, 3.4, with braces for variables. */
const LITERAL = /^(?:[\w\-.~!$&'()*+,;=:@/?{}]|%[0-9A-Fa-f]{2})*$/

export default defineFilter({
  name: 'set-request-uri',
  config: Config({
    uri: Type.String({ minLength: 1, description: 'Where the request goes: an http or https URI; `{variable}` is a captured variable. Its path and query replace those of the request.' }),
    allowHosts: Type.Optional(List(Type.String({
      pattern: '^(\\*\\.)?[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$',
      'x-expects': 'a host such as a.example.com, or *.example.com for all below it'
    }), { description: 'Hosts that variables may lead to: `a.example.com`, or `*.example.com` for all below it. Required where the host holds a variable.' }))
  }),
  shorthand: 'uri',
  refuses: ['GW_BAD_TARGET'],
  spring: {
    name: 'SetRequestUri',
    args: ['template'],
    toConfig: ({ template: uri }) => ({ uri, allowHosts: below(uri) })
  },

  create: ({ uri, allowHosts }) => {
    const [, scheme, authority = '', path = '', query = ''] = PARTS.exec(uri) ?? []
    if (scheme === undefined) throw new ConfigError('GW_CONFIG_INVALID', '/uri', 'expected http:// or https://, a host, and no fragment')
    if (!LITERAL.test(path + query)) throw new ConfigError('GW_CONFIG_INVALID', '/uri', 'other characters of path and query must be percent-encoded')
    const host = compileHost(authority, allowHosts ?? null)
    const pathOf = template(path || '/', '/uri')
    const queryOf = compileQuery(query, '/uri')
    return {
      request: x => {
        const found = host(x)
        if (found === null) return refuse(x, 'GW_BAD_TARGET')
        x.origin = `${scheme}://${found}`
        x.path = pathOf(x)
        x.query = queryOf(x)
      }
    }
  }
})

/** All that `{variable}.example.com` can lead to is below example.com: what Spring leaves unsaid is said. */
function below (uri: unknown): string[] | undefined {
  const authority = typeof uri === 'string' ? PARTS.exec(uri)?.[2] ?? '' : ''
  const suffix = /\}\.([A-Za-z0-9-]+\.[A-Za-z0-9.-]+)(?::\d+)?$/.exec(authority)?.[1]
  return suffix !== undefined && variables(authority).length > 0 ? [`*.${suffix}`] : undefined
}
