import { Config, defineFilter, template, Type } from '../../../src/contract/index.ts'

/** RFC 3986 3.3, with braces for variables: other characters percent-encoded, no dot segments. */
const PATH_TEMPLATE = "^(?!.*/\\.\\.?(?:/|$))/(?:[\\w\\-.~!$&'()*+,;=:@/{}]|%[0-9A-Fa-f]{2})*$"

export default defineFilter({
  name: 'set-path',
  config: Config({
    template: Type.String({
      pattern: PATH_TEMPLATE,
      'x-expects': 'a path such as /orders/{id}, other characters percent-encoded',
      description: 'The path from now on; `{variable}` is a captured variable.'
    })
  }),
  shorthand: 'template',
  spring: { name: 'SetPath', args: ['template'] },

  create: config => {
    const text = template(config.template, '/template')
    return { request: x => { x.path = text(x) } }
  }
})
