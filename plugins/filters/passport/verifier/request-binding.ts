import { timingSafeEqual } from 'node:crypto'
import type { Passport } from './passport.ts'
import { PassportError } from './passport-error.ts'
import { requestDigest, type BoundRequest } from './request-digest.ts'

/** Throws PassportError where the passport is bound to another request than this; `required`: also where it is bound to none. */
export function checkBinding ({ req }: Passport, request: BoundRequest | undefined, required = false): void {
  if (req === undefined) {
    if (required) throw new PassportError('binding', 'the passport is bound to no request')
    return
  }
  if (request === undefined) throw new PassportError('binding', 'the passport is bound to a request: verifyPassport needs it')
  const digest = Buffer.from(requestDigest(request))
  const claimed = Buffer.from(req)
  if (digest.byteLength !== claimed.byteLength || !timingSafeEqual(digest, claimed)) throw new PassportError('binding', 'the passport is bound to another request ("req")')
}
