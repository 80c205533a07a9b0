import { countedRefusals, Refusal, type Exchange, type Phases, type Place } from '../../../src/contract/index.ts'
import { authorization, type Authorization } from './authorization.ts'
import type { Answer, Way } from './way.ts'

/** How the ways are used. */
export interface AuthenticateOptions { readonly optional: boolean, readonly forward: boolean }

const MISSING = new Refusal('missing')

/** RFC 9110 15.6.4. */
const RETRY = { 'retry-after': '5' }

/** Asks the ways in order; the first that finds a credential of its kind decides. Without a promise where none of them needs one. */
export function authenticatePhases (ways: readonly Way[], { optional, forward }: AuthenticateOptions, place: Place): Phases {
  const refused = refuser(ways, place)
  const responders = ways.filter(way => way.respond !== undefined)

  const settle = (x: Exchange, way: Way, answer: NonNullable<Answer>, sent: Authorization | Refusal | null): void => {
    if (answer instanceof Refusal) return refused(x, way, answer)
    x.principal = answer
    // All of them: what was not looked at must not reach upstream as if it had been
    if (!forward) for (const one of ways) one.consume(x, sent)
  }
  const ask = (x: Exchange, sent: Authorization | Refusal | null, from: number): void | Promise<void> => {
    for (let i = from; i < ways.length; i++) {
      const answer = ways[i]!.authenticate(x, sent)
      if (answer instanceof Promise) return askLater(x, sent, i, answer)
      if (answer !== undefined) return settle(x, ways[i]!, answer, sent)
    }
    if (!optional) refused(x, null, MISSING)
  }
  const askLater = async (x: Exchange, sent: Authorization | Refusal | null, i: number, pending: Promise<Answer>): Promise<void> => {
    const answer = await pending
    return answer === undefined ? await ask(x, sent, i + 1) : settle(x, ways[i]!, answer, sent)
  }

  return {
    request: x => x.principal?.source === 'test' ? undefined : ask(x, authorization(x), 0),
    ...responders.length > 0 && {
      response: (x: Exchange) => { for (const way of responders) way.respond!(x) }
    }
  }
}

/** Answers who is not let in, and counts why. */
function refuser (ways: readonly Way[], { services: { metrics, log } }: Place): (x: Exchange, way: Way | null, refusal: Refusal) => void {
  const refuse = countedRefusals(metrics)
  const challenges = [...new Set(ways.flatMap(way => way.challenge ?? []))].join(', ')
  return (x, way, refusal) => {
    const { reason, detail } = refusal
    if (detail !== '') log.debug({ 'event.reason': reason, 'error.message': detail, 'http.request.id': x.id }, 'credential refused')
    // Against these no other credential would help: none is asked for
    if (reason === 'unavailable') return refuse(x, 'GW_IDENTITY_UNAVAILABLE', reason, '', RETRY)
    if (reason === 'cross-site') return refuse(x, 'GW_FORBIDDEN', reason)
    refuse(x, reason === 'repeated' ? 'GW_BAD_CREDENTIALS' : 'GW_UNAUTHENTICATED', reason, way?.refusalChallenge(refusal) ?? challenges)
  }
}
