/** Why a passport was not accepted. `unavailable`: the keys cannot be had, so that nobody can say; that is 503, all others are 401. */
export type PassportErrorCode =
  | 'missing' | 'repeated' | 'too-large' | 'malformed' | 'type' | 'algorithm' | 'unknown-key' | 'signature'
  | 'issuer' | 'audience' | 'expired' | 'not-yet-valid' | 'invalid-claim' | 'binding' | 'unavailable'

/** A passport that proves nothing. Neither code nor message has a part of it. */
export class PassportError extends Error {
  override readonly name = 'PassportError'
  readonly code: PassportErrorCode
  /** What a service answers. */
  readonly statusCode: 401 | 503

  constructor (code: PassportErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
    this.statusCode = code === 'unavailable' ? 503 : 401
  }
}
