import { challenge, Config, onePerConfiguration, Refusal, Type, type Verdict } from '../../../../src/contract/index.ts'
import { dropAuthorization } from '../authorization.ts'
import { basicCredentials } from './basic-credentials.ts'
import { CROSS_SITE, crossSitePage, Origins } from '../cross-site.ts'
import { htpasswdVerifier } from './htpasswd-verifier.ts'
import { Realm } from '../realm.ts'
import { defineWay } from '../way.ts'

/** User and password (RFC 7617) of an htpasswd file. */
export const basic = defineWay({
  name: 'basic',
  config: Config({
    users: Type.String({ minLength: 1, description: 'The text of an htpasswd file, interpolated with `file:`. Only bcrypt: `htpasswd -B -C 10`.' }),
    realm: Realm('What the user is asked for. Default: that of the filter, or `gatehouse`.'),
    origins: Origins('the remembered password')
  }),

  create: ({ users, realm, origins = [] }, { place: { services }, realm: common }) => {
    const verify = onePerConfiguration(services, 'htpasswd', { users }, () => htpasswdVerifier(users, services.clock))
    const isCrossSite = crossSitePage(origins)
    const ask = challenge('Basic', { realm: realm ?? common ?? 'gatehouse', charset: 'UTF-8' })
    return {
      challenge: ask,
      authenticate: (x, authorization) => {
        if (authorization === null || authorization instanceof Refusal) return authorization ?? undefined
        if (authorization.scheme !== 'basic') return undefined
        const credentials = basicCredentials(authorization.credentials)
        if (credentials instanceof Refusal) return credentials
        // Browsers add a password they remember to whatever any page makes them send
        const judge = (verdict: Verdict): Verdict => !(verdict instanceof Refusal) && isCrossSite(x) ? CROSS_SITE : verdict
        const verdict = verify(credentials, x.client.address)
        return verdict instanceof Promise ? verdict.then(judge) : judge(verdict)
      },
      refusalChallenge: () => ask,
      consume: (x, authorization) => { dropAuthorization(x, authorization, 'basic') }
    }
  }
})
