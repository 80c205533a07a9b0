import { capture, Config, definePredicate, List, NO_PARAMS, Type } from '../../../src/contract/index.ts'
import { compileHost } from './compile-host.ts'
import { parseHost } from './parse-host.ts'

export default definePredicate({
  name: 'host',
  config: Config({
    patterns: List(Type.String({ minLength: 1, 'x-expects': 'a host pattern such as **.example.org or {tenant}.example.org:8443' }), {
      description: 'Patterns, one of which the host must fit: `*` within one label, `**` any number of labels, `{name}`, `{name:regex}`. ' +
        'The first that does captures its variables. A port, if the pattern has one, must be the same.'
    })
  }),
  shorthand: 'patterns',
  spring: {
    name: 'Host',
    args: ['...patterns'],
    toConfig: ({ patterns }) => ({ patterns: typeof patterns === 'string' ? patterns.split(',').map(text => text.trim()) : patterns })
  },

  create: ({ patterns }) => {
    const matchers = patterns.map((text, i) => compileHost(parseHost(text, `/patterns/${i}`)))
    const hints = matchers.map(({ hints }) => hints)
    return {
      ...hints.every(hosts => hosts !== null) && { index: { hosts: hints.flat() }, complete: matchers.every(({ complete }) => complete) },
      match: x => {
        for (const matcher of matchers) {
          const captured = matcher.match(x)
          if (captured === null) continue
          if (captured !== NO_PARAMS) capture(x, captured)
          return true
        }
        return false
      }
    }
  }
})
