import { capture, Config, ConfigError, definePredicate, List, NO_PARAMS, Type } from '../../../src/contract/index.ts'
import { compilePath } from './compile-path.ts'
import { fromSpring } from './from-spring.ts'
import { parsePath, parsePattern } from './parse-pattern.ts'

const PATH = { pattern: '^/', 'x-expects': 'a path that begins with "/"' }
const PATTERN = { pattern: '^/', 'x-expects': 'a path pattern such as /orders/{id}' }

export default definePredicate({
  name: 'path',
  config: Config({
    patterns: Type.Optional(List(Type.String(PATTERN), {
      description: 'Patterns, one of which the path must fit: `{id}`, `{id:regex}`, `?`, `*`, `**`, `{*rest}`. The first that does captures its variables.'
    })),
    exact: Type.Optional(List(Type.String(PATH), { description: 'Paths, one of which it must be, to the last slash.' })),
    prefix: Type.Optional(List(Type.String(PATH), { description: 'Paths it must be or be below: `/api` takes `/api` and `/api/x`, not `/apix`.' })),
    trailingSlash: Type.Optional(Type.Boolean({ description: 'Whether patterns also take the path with one slash more, `/a/` for `/a`. Default: true.' })),
    caseSensitive: Type.Boolean({ default: true, description: 'Whether `A` and `a` differ. If not, the table cannot look the route up by its path.' })
  }),
  shorthand: 'patterns',
  spring: { name: 'Path', args: ['...patterns'], toConfig: fromSpring },

  create: ({ patterns = [], exact = [], prefix = [], trailingSlash, caseSensitive }) => {
    if (patterns.length + exact.length + prefix.length === 0) throw new ConfigError('GW_CONFIG_INVALID', '', 'which paths? Give `patterns`, `exact` or `prefix`')
    if (patterns.length === 0 && trailingSlash !== undefined) throw new ConfigError('GW_CONFIG_NO_EFFECT', '/trailingSlash', 'it is about `patterns`, and there are none')
    const options = { caseSensitive, trailingSlash: trailingSlash ?? true }
    const matchers = [
      ...patterns.map((text, i) => compilePath(parsePattern(text, `/patterns/${i}`), options, `/patterns/${i}`)),
      ...exact.map((text, i) => compilePath(parsePath(text, `/exact/${i}`), { caseSensitive, trailingSlash: false }, `/exact/${i}`)),
      ...prefix.map((text, i) => compilePath(below(text, `/prefix/${i}`), options, `/prefix/${i}`))
    ]
    return {
      index: { paths: matchers.flatMap(matcher => matcher.hints) },
      complete: matchers.every(matcher => matcher.complete),
      match: x => {
        for (const matcher of matchers) {
          const captured = matcher.match(x.path)
          if (captured === null) continue
          if (captured !== NO_PARAMS) capture(x, captured)
          return true
        }
        return false
      }
    }
  }
})

const below = (text: string, pointer: string) =>
  ({ segments: [...parsePath(text, pointer).segments, { kind: 'rest', name: null } as const], slash: false })
