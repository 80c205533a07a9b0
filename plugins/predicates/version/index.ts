import { Config, definePredicate, HeaderName, Type } from '../../../src/contract/index.ts'
import { askedVersions } from './asked-versions.ts'
import { compareVersions, parseVersion, type Version } from './parse-version.ts'

const NUMBERS = '[vV]?[0-9]{1,9}(\\.[0-9]{1,9}){0,2}'

export default definePredicate({
  name: 'version',
  config: Config({
    version: Type.String({
      pattern: `^${NUMBERS}\\+?$`,
      'x-expects': 'a version in quotes, such as "1.2" or "1.2+" (without them 1.10 is the number 1.1)',
      description: 'Version the request must ask for, one to three numbers; with `+`, that or any later one.'
    }),
    header: Type.Optional(HeaderName({ description: 'Header that carries the version. Default: API-Version.' })),
    query: Type.Optional(Type.String({ minLength: 1, description: 'Query parameter that carries it, instead of a header.' })),
    mediaTypeParameter: Type.Optional(HeaderName({
      'x-expects': 'the name of a media type parameter',
      description: 'Parameter of Accept, or else of Content-Type, that carries it, instead of a header.'
    })),
    pathSegment: Type.Optional(Type.Integer({ minimum: 0, maximum: 1000, description: 'Segment of the path that is the version, the first one 0, instead of a header.' })),
    default: Type.Optional(Type.String({
      pattern: `^${NUMBERS}$`,
      'x-expects': 'a version in quotes, such as "1.0"',
      description: 'Version that a request which carries none counts as. Without it, such a request does not match.'
    }))
  }),
  shorthand: 'version',
  spring: { name: 'Version', args: ['version'] },

  create: ({ version, default: fallback, ...sources }) => {
    const asked = askedVersions(sources)
    const wanted = parseVersion(version.replace('+', ''))!
    const orLater = version.endsWith('+')
    const holds = (found: Version) => {
      const order = compareVersions(found, wanted)
      return order === 0 || (orLater && order > 0)
    }
    const unsaid = fallback !== undefined && holds(parseVersion(fallback)!)
    return {
      match: x => {
        const [text, ...others] = asked(x)
        if (text === undefined) return unsaid
        // Two versions at once are none: which one counts would be a guess that upstream may make otherwise
        if (others.some(other => other !== text)) return false
        const found = parseVersion(text)
        return found !== null && holds(found)
      }
    }
  }
})
