import { AuthorizationResponseError, ResponseBodyError, WWWAuthenticateChallengeError } from 'openid-client'
import { IssuerError } from '../../contract/identity.ts'
import { OutboundError } from '../../contract/outbound.ts'

/** RFC 6749 4.1.2.1 and 5.2: what an error code may be made of. */
const ERROR_CODE = /^[\x20\x21\x23-\x5b\x5d-\x7e]{1,64}$/
/** The issuer answered, and says that it cannot at the moment. */
const PASSING = new Set(['server_error', 'temporarily_unavailable', 'slow_down'])
/** openid-client: what was answered is not what was asked for. */
const REFUSING = new Set(['OAUTH_JWT_CLAIM_COMPARISON_FAILED', 'OAUTH_JWT_TIMESTAMP_CHECK_FAILED', 'OAUTH_UNSUPPORTED_OPERATION'])

/** Any failure of openid-client as an IssuerError. Its own errors hold codes and tokens, so that none of them goes along. */
export function issuerError (failure: unknown, call: string): IssuerError {
  if (failure instanceof IssuerError) return failure
  if (failure instanceof ResponseBodyError) return answered(call, failure.error, failure.status)
  if (failure instanceof AuthorizationResponseError) return answered(call, failure.error, 400)
  if (failure instanceof WWWAuthenticateChallengeError) return answered(call, challenged(failure), failure.status)
  const { code, cause, message } = failure as { code?: string, cause?: unknown, message?: string }
  if (cause instanceof OutboundError) return new IssuerError('unavailable', `${call}: ${cause.message}`, null, { cause })
  return new IssuerError(isRefusing(code, cause) ? 'refused' : 'unavailable', `${call}: ${code === undefined ? 'failed' : message}`)
}

/** RFC 6749 5.2: a challenge answers the client's authentication. */
function challenged ({ cause }: WWWAuthenticateChallengeError): string {
  for (const { parameters: { error } } of cause) if (error !== undefined) return error
  return 'invalid_client'
}

function answered (call: string, error: string, status: number): IssuerError {
  const code = ERROR_CODE.test(error) ? error : null
  const unavailable = status === 429 || status >= 500 || (code !== null && PASSING.has(code))
  return new IssuerError(unavailable ? 'unavailable' : 'refused', `${call}: the issuer answered ${code ?? 'an error'} (${status})`, code)
}

/** Where the browser's request is found wrong (state, `iss`) before the issuer is asked, the cause has parameters. */
const isRefusing = (code: string | undefined, cause: unknown): boolean => REFUSING.has(code ?? '') || 'parameters' in object(object(cause)['cause'])

const object = (value: unknown): Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null ? value as Record<string, unknown> : {}
