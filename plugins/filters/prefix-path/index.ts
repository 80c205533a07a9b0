import { Config, ConfigError, defineFilter, template, Type } from '../../../src/contract/index.ts'

/** RFC 3986 3.3, with braces for variables: other characters percent-encoded, no dot segments. */
const PATH_TEMPLATE = "^(?!.*/\\.\\.?(?:/|$))/(?:[\\w\\-.~!$&'()*+,;=:@/{}]|%[0-9A-Fa-f]{2})*$"

export default defineFilter({
  name: 'prefix-path',
  config: Config({
    prefix: Type.String({
      pattern: PATH_TEMPLATE,
      'x-expects': 'a path such as /api, other characters percent-encoded',
      description: 'What is put before the path; `{variable}` is a captured variable.'
    })
  }),
  shorthand: 'prefix',
  spring: { name: 'PrefixPath', args: ['prefix'] },

  create: ({ prefix }) => {
    const trimmed = prefix.replace(/\/+$/, '')
    if (trimmed === '') throw new ConfigError('GW_CONFIG_NO_EFFECT', '/prefix', 'every path begins with / already')
    const text = template(trimmed, '/prefix')
    return { request: x => { x.path = text(x) + x.path } }
  }
})
