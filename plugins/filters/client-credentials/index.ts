import { AbsoluteUri, Config, countedRefusals, defineFilter, lend, List, Scope, SettableHeaderName, Type } from '../../../src/contract/index.ts'
import { ownToken } from './own-token.ts'

export default defineFilter({
  name: 'client-credentials',
  refuses: ['GW_TOKEN_UNAVAILABLE'],
  shorthand: 'issuer',
  config: Config({
    issuer: Type.String({ minLength: 1, description: 'Name of the issuer to get the token from; it needs a `client`.' }),
    scopes: Type.Optional(List(Scope(), { description: 'Scopes to ask for. Default: what the issuer gives of itself.' })),
    audience: Type.Optional(Type.String({ minLength: 1, description: 'Whom the token is for, as parameter `audience`.' })),
    resource: Type.Optional(AbsoluteUri({ description: 'Whom the token is for, as parameter `resource` (RFC 8707).' })),
    header: SettableHeaderName({ default: 'Authorization', description: 'Header to put `Bearer` and the token in.' })
  }),

  create: ({ header, scopes = [], ...request }, { services }) => {
    const name = header.toLowerCase()
    const token = ownToken({ scopes, ...request }, services)
    const refuse = countedRefusals(services.metrics)
    return {
      request: x => {
        // The client's own goes no further, whether there is a token or not
        x.headers.delete(name)
        const found = token.get()
        if (typeof found === 'string') {
          lend(x, name, `Bearer ${found}`)
          return
        }
        return found.then(value => { lend(x, name, `Bearer ${value}`) }, () => { refuse(x, 'GW_TOKEN_UNAVAILABLE', 'unavailable') })
      }
    }
  }
})
