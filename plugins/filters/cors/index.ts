import { Config, defineFilter, Duration, HeaderName, List, Type } from '../../../src/contract/index.ts'
import { check } from './check.ts'
import { corsPhases } from './cors-phases.ts'
import { ORIGIN, ORIGIN_PATTERN } from './origins.ts'
import { springCors } from './spring-cors.ts'

const METHOD = '^(\\*|[A-Z][A-Z0-9_-]*)$'

export default defineFilter({
  name: 'cors',
  config: Config({
    origins: Type.Optional(List(
      Type.String({ pattern: ORIGIN, 'x-expects': 'an origin such as https://app.example.com, without a path, or *' }),
      { description: 'Origins whose pages may use the route; `*` for all.' })),
    originPatterns: Type.Optional(List(
      Type.String({ pattern: ORIGIN_PATTERN, 'x-expects': 'an origin with * for names, such as https://*.example.com or http://localhost:[*]' }),
      { description: 'Origins with `*` for one or more names of the host; `:[*]` is any port, `:[8080,8081]` one of these.' })),
    methods: List(
      Type.String({ pattern: METHOD, 'x-expects': 'a method such as GET, in upper case, or *' }),
      { default: ['GET', 'HEAD', 'POST'], description: 'Methods they may use; `*` for all.' }),
    headers: Type.Optional(List(HeaderName(), { description: 'Request headers they may set beyond the safe ones; `*` for all but `Authorization`.' })),
    exposedHeaders: Type.Optional(List(HeaderName(), { description: 'Reply headers they may read beyond the safe ones; `*` for all.' })),
    credentials: Type.Boolean({ default: false, description: 'Whether browsers may send cookies and other credentials.' }),
    maxAge: Duration({ default: '30m', description: 'How long a browser may remember the answer to a preflight.' }),
    privateNetwork: Type.Boolean({ default: false, description: 'Whether pages of the public internet may reach the route on a private network.' })
  }),
  shorthand: 'origins',
  refuses: ['GW_CORS_REFUSED'],
  spring: springCors,

  create: config => {
    check(config)
    return corsPhases(config)
  }
})
