import { Refusal, type TokenVerifier, type Verdict } from '../../contract/identity.ts'
import type { Clock } from '../../contract/services.ts'
import type { IssuerTokens, VerifiedToken } from './issuer-tokens.ts'
import { MAX_TOKEN_LENGTH, parseToken, type ParsedToken } from './parse-token.ts'
import { VerifiedTokens } from './verified-tokens.ts'

/** What a verifier is made of. */
export interface TokenVerifierOptions {
  readonly issuers: readonly IssuerTokens[]
  /** May be shared: a token counts only for the issuers that verified it. */
  readonly cache: VerifiedTokens
  readonly clock: Clock
  /** Told of each refusal. */
  readonly refused?: (refusal: Refusal) => void
}

type Outcome = VerifiedToken | Refusal

/** Checks the tokens of these issuers; which one a token is of, its `iss` says, to the letter, and the signature must then bear it out. */
export function tokenVerifier ({ issuers, cache, clock, refused = () => {} }: TokenVerifierOptions): TokenVerifier {
  const accepted = new Set(issuers)
  const byName = Map.groupBy(issuers, by => by.issuer)
  const refuse = (refusal: Refusal): Refusal => {
    refused(refusal)
    return refusal
  }
  const verdict = (id: string, outcome: Outcome): Verdict => outcome instanceof Refusal ? refuse(outcome) : cache.keep(id, outcome, clock.now())
  const verify = (token: string, id: string): Verdict | Promise<Verdict> => {
    const parsed = parseToken(token)
    if (parsed instanceof Refusal) return refuse(parsed)
    const candidates = byName.get(parsed.claims.iss as string)
    if (candidates === undefined) return refuse(new Refusal('unknown-issuer'))
    const outcome = firstThatTakes(parsed, candidates)
    return outcome instanceof Promise ? outcome.then(settled => verdict(id, settled)) : verdict(id, outcome)
  }
  return {
    issuers: [...byName.keys()],
    verify: token => {
      if (token.length > MAX_TOKEN_LENGTH) return refuse(new Refusal('too-large'))
      const id = VerifiedTokens.id(token)
      const known = cache.find(id, clock.now())
      return known !== undefined && accepted.has(known.by) ? known.principal : verify(token, id)
    }
  }
}

/** Entries of the route file may have the same `iss` and differ in the rest. That one of them cannot be asked outweighs that others refuse. */
function firstThatTakes (token: ParsedToken, candidates: readonly IssuerTokens[], index = 0, before?: Refusal): Outcome | Promise<Outcome> {
  const next = (outcome: Outcome): Outcome | Promise<Outcome> => {
    if (!(outcome instanceof Refusal)) return outcome
    const refusal = before?.reason === 'unavailable' ? before : outcome
    return index + 1 === candidates.length ? refusal : firstThatTakes(token, candidates, index + 1, refusal)
  }
  const outcome = candidates[index]!.verify(token)
  return outcome instanceof Promise ? outcome.then(next) : next(outcome)
}
