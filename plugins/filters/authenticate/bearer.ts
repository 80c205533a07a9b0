import { challenge, Config, Refusal, type Exchange, type Verdict } from '../../../src/contract/index.ts'
import { accessToken, dropAuthorization, isJwtShaped } from './authorization.ts'
import { bearerBinding } from './binding.ts'
import { tokenChallenge } from './token-challenge.ts'
import { defineWay } from './way.ts'

/** A signed access token in `Authorization: Bearer` (RFC 6750 2.1, RFC 9068). At once, without a promise, where the verifier is. */
export const bearer = defineWay({
  name: 'bearer',
  needsIssuers: true,
  config: Config({}),

  create: (_, { verifier, ways, certificate, realm }) => {
    const tokens = verifier()
    const leavesOpaque = ways.includes('introspection')
    const checked = (x: Exchange, verdict: Verdict): Verdict =>
      verdict instanceof Refusal ? verdict : bearerBinding(verdict, x, certificate) ?? verdict

    return {
      challenge: challenge('Bearer', { realm }),
      authenticate: (x, authorization) => {
        const token = accessToken(x, authorization, 'bearer')
        if (typeof token !== 'string') return token
        if (leavesOpaque && !isJwtShaped(token)) return undefined
        const verdict = tokens.verify(token)
        return verdict instanceof Promise ? verdict.then(late => checked(x, late)) : checked(x, verdict)
      },
      refusalChallenge: refusal => tokenChallenge('Bearer', refusal, { realm }),
      consume: (x, authorization) => { dropAuthorization(x, authorization, 'bearer') }
    }
  }
})
