import { challenge, Choice, Config, countedRefusals, defineFilter, lend, SettableHeaderName, Type } from '../../../src/contract/index.ts'
import { relayedToken } from './relayed-token.ts'

export default defineFilter({
  name: 'token-relay',
  refuses: ['GW_UNAUTHENTICATED', 'GW_FORBIDDEN'],
  shorthand: 'from',
  config: Config({
    from: Choice(['any', 'session', 'request'], { default: 'any', description: 'Which token: that of the browser\'s session, the one that came with the request, or whichever of them proved the caller.' }),
    issuer: Type.Optional(Type.String({ minLength: 1, description: 'Only tokens of this issuer (its name in the route file); those of others stay here.' })),
    header: SettableHeaderName({ default: 'Authorization', description: 'Header to put `Bearer` and the token in.' }),
    required: Type.Boolean({ default: false, description: 'Refuses requests that have no such token. Default: they pass without the header.' })
  }),
  spring: {
    name: 'TokenRelay',
    args: ['clientRegistrationId'],
    // A client registration is Spring's word for what an issuer with its `client` is here
    toConfig: ({ clientRegistrationId: issuer = '' }) => issuer === '' ? {} : { issuer }
  },

  create: ({ from, issuer, header, required }, { services }) => {
    const name = header.toLowerCase()
    const find = relayedToken(from, issuer, services.issuers)
    const refuse = countedRefusals(services.metrics)
    return {
      request: x => {
        const token = find(x)
        if (token !== null) {
          lend(x, name, `Bearer ${token}`)
          return
        }
        // What upstream finds there was checked, or it finds nothing
        x.headers.delete(name)
        if (!required) return
        if (x.principal === null) refuse(x, 'GW_UNAUTHENTICATED', 'missing', challenge('Bearer', {}))
        else refuse(x, 'GW_FORBIDDEN', 'missing')
      }
    }
  }
})
