import { Config, defineFilter, HeaderList, springFlag, springStatus, Type } from '../../../src/contract/index.ts'
import { compileLocation } from './compile-location.ts'

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
      status: status === undefined ? undefined : springStatus(String(status)),
      url,
      includeRequestParams: springFlag(includeRequestParams)
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
