import { AbsoluteUri, challenge, Config, countedRefusals, defineFilter, lend, List, Scope, SettableHeaderName, Type, type Exchange } from '../../../src/contract/index.ts'
import { Refused, tokenExchange, type Outcome } from './exchanged-tokens.ts'
import { subjectOf } from './subject.ts'

export default defineFilter({
  name: 'token-exchange',
  refuses: ['GW_UNAUTHENTICATED', 'GW_FORBIDDEN', 'GW_TOKEN_UNAVAILABLE'],
  config: Config({
    issuer: Type.String({ minLength: 1, description: 'Name of the issuer that exchanges; it needs a `client`.' }),
    audience: Type.Optional(Type.String({ minLength: 1, description: 'Whom the new token is for, as parameter `audience`.' })),
    resource: Type.Optional(AbsoluteUri({ description: 'Whom the new token is for, as parameter `resource` (RFC 8707).' })),
    scopes: Type.Optional(List(Scope(), { description: 'Scopes to ask for; a token with others is not used. Default: what the issuer gives of itself.' })),
    header: SettableHeaderName({ default: 'Authorization', description: 'Header to put `Bearer` and the new token in.' }),
    required: Type.Boolean({ default: true, description: '`false`: requests without a token to exchange pass, without any.' })
  }),

  create: ({ header, required, scopes = [], ...request }, { services }) => {
    const name = header.toLowerCase()
    const tokens = tokenExchange({ scopes, ...request }, services)
    const refuse = countedRefusals(services.metrics)
    const without = (x: Exchange): void => {
      if (x.principal === null) refuse(x, 'GW_UNAUTHENTICATED', 'missing', challenge('Bearer', {}))
      else refuse(x, 'GW_FORBIDDEN', 'missing')
    }
    const settle = (x: Exchange, outcome: Outcome): void => {
      if (outcome instanceof Refused) refuse(x, 'GW_FORBIDDEN', 'exchange-refused')
      else lend(x, name, `Bearer ${outcome}`)
    }
    return {
      request: x => {
        // The token that was exchanged goes no further, however that ends
        x.headers.delete(name)
        const subject = subjectOf(x)
        if (subject === null) return required ? without(x) : undefined
        const outcome = tokens.get(subject)
        if (!(outcome instanceof Promise)) return settle(x, outcome)
        return outcome.then(value => { settle(x, value) }, () => { refuse(x, 'GW_TOKEN_UNAVAILABLE', 'unavailable') })
      }
    }
  }
})
