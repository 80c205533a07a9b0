import { challenge, type Refusal } from '../../../src/contract/index.ts'

/** What a refused access token is answered with (RFC 6750 3.1): one of the standard codes and nothing else. */
export const tokenChallenge = (scheme: 'Bearer' | 'DPoP', { reason }: Refusal, parameters: Readonly<Record<string, string | undefined>>): string =>
  challenge(scheme, { ...parameters, error: reason === 'repeated' ? 'invalid_request' : 'invalid_token' })
