import { Config, ConfigError, definePredicate, List, Type } from '../../../src/contract/index.ts'

export default definePredicate({
  name: 'method',
  config: Config({
    methods: List(Type.String({ pattern: "^[!#$%&'*+\\-.^_`|~0-9A-Za-z]+$", 'x-expects': 'a method such as GET' }),
      { description: 'Methods, in upper case, one of which the request must have. GET does not stand for HEAD.' })
  }),
  shorthand: 'methods',
  spring: {
    name: 'Method',
    args: ['...methods'],
    toConfig: ({ methods }) => ({ methods: typeof methods === 'string' ? methods.split(',').map(method => method.trim()) : methods })
  },

  create: ({ methods }) => {
    methods.forEach((method, i) => {
      const upper = method.toUpperCase()
      // Methods are case-sensitive (RFC 9110 9.1), and the guard lets in no other than upper case
      if (method !== upper) throw new ConfigError('GW_CONFIG_INVALID', `/methods/${i}`, `methods are written in upper case - did you mean "${upper}"?`)
    })
    return { match: x => methods.includes(x.routingMethod), index: { methods }, complete: true }
  }
})
