import { Config, defineFilter, HeaderList, Type } from '../../../src/contract/index.ts'
import { compileLocation } from './compile-location.ts'

/** The redirects of RFC 9110 15.4, and what Spring calls them. */
const STATUSES = { MOVED_PERMANENTLY: 301, FOUND: 302, SEE_OTHER: 303, TEMPORARY_REDIRECT: 307, PERMANENT_REDIRECT: 308 }

export default defineFilter({
  name: 'redirect-to',
  config: Config({
    status: Type.Enum([301, 302, 303, 307, 308], { default: 302, description: 'Status of the redirect.' }),
    url: Type.String({ minLength: 1, description: 'Where to: an absolute http or https URL, or a path. `{variable}` is a captured variable, behind the host only.' }),
    includeRequestParams: Type.Boolean({ default: false, description: 'Add the query of the request.' })
  }),
  shorthand: 'url',
  spring: {
    name: 'RedirectTo',
    args: ['status', 'url', 'includeRequestParams'],
    toConfig: ({ status, url, includeRequestParams }) => ({
      status: STATUSES[status as keyof typeof STATUSES] ?? (Number(status) || status),
      url,
      includeRequestParams: includeRequestParams === undefined ? undefined : includeRequestParams === 'true'
    })
  },

  create: ({ status, url, includeRequestParams }) => {
    const location = compileLocation(url, '/url', includeRequestParams)
    return {
      request: x => {
        x.reply = { status, headers: HeaderList.from({ location: location(x) }), body: null, code: null, trailers: null }
      }
    }
  }
})
