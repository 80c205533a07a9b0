import { Config, ConfigError, defineFilter, List, Type } from '../../../src/contract/index.ts'
import { ClientCertificateConfig } from './certificate/client-certificate.ts'
import { authenticatePhases } from './phases.ts'
import { Realm } from './realm.ts'
import { makeWays, WayUse } from './ways.ts'

export default defineFilter({
  name: 'authenticate',
  refuses: ['GW_UNAUTHENTICATED', 'GW_BAD_CREDENTIALS', 'GW_FORBIDDEN', 'GW_IDENTITY_UNAVAILABLE'],
  shorthand: 'ways',
  config: Config({
    ways: List(WayUse, { default: ['bearer', 'dpop'], description: 'How callers prove who they are: names of ways, or one with its options each. The first that finds a credential of its kind decides.' }),
    issuers: Type.Optional(List(Type.String({ minLength: 1 }), { description: 'Names of the issuers whose tokens and sessions count. Default: all of the route file.' })),
    optional: Type.Boolean({ default: false, description: 'Requests without any credential pass as anonymous. A bad credential never does.' }),
    realm: Realm('The realm that challenges name (RFC 9110 11.5).'),
    forward: Type.Boolean({ default: false, description: 'Leaves the credential in the request for upstream. Default: it is taken out once the caller is accepted.' }),
    clientCertificate: Type.Optional(ClientCertificateConfig)
  }),

  create: (config, place) => {
    const ways = makeWays(config, place)
    if (config.realm !== undefined && ways.every(way => way.challenge === null)) {
      throw new ConfigError('GW_CONFIG_NO_EFFECT', '/realm', 'none of the ways has a challenge that could name it')
    }
    return authenticatePhases(ways, config, place)
  }
})
