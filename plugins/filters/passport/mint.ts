import { labelledCounter, type JwtSigner, type Services } from '../../../src/contract/index.ts'
import { claimsOf, type Letterhead, type Statement } from './statement.ts'

/** A credential may be accepted within the clock skew of its end: its passport still has to reach the upstream. */
const MIN_LIFE_S = 2

/** A signed passport: a secret. It may be used for other requests of the caller for `reuseForMs` after `since`. */
export interface Minted { readonly value: string, readonly since: number, readonly reuseForMs: number }

export interface MintOptions extends Letterhead {
  readonly ttlMs: number
  readonly maxBytes: number
  readonly signer: JwtSigner
  readonly routeId: string
  readonly services: Pick<Services, 'clock' | 'log' | 'metrics'>
}

/** Signs passports; null where one would be larger than allowed even without what can be left out. */
export function passportMint (options: MintOptions): (statement: Statement) => Minted | null {
  const { maxBytes, signer, ttlMs, services: { clock } } = options
  const trims = trimmer(options)
  return statement => {
    const now = clock.now()
    const iat = Math.floor(now / 1000)
    const exp = endOf(statement, iat, iat + Math.floor(ttlMs / 1000))
    for (let step: Statement | null = statement; step !== null; step = trims(step)) {
      const value = signer.sign(claimsOf(options, step, iat, exp))
      // The second half of its life is for the way to the upstream and for clocks that differ
      if (value.length <= maxBytes) return { value, since: now, reuseForMs: Math.max(0, exp * 1000 - now) / 2 }
    }
    return null
  }
}

/** A passport never outlives the credential, but for the moment that the request takes. */
function endOf ({ principal }: Statement, iat: number, exp: number): number {
  const expiresAt = principal?.expiresAt ?? Infinity
  return Math.min(exp, Math.max(Math.floor(expiresAt / 1000), iat + MIN_LIFE_S))
}

/** Leaves out, one after the other, what an upstream can do without: facts, copied claims, device. Who is calling and what for is never cut. */
function trimmer ({ routeId, services: { log, metrics } }: MintOptions): (statement: Statement) => Statement | null {
  const trimmed = labelledCounter(metrics, 'gatehouse_passport_trimmed_total', 'part')
  let told = false
  return statement => {
    const part = statement.facts !== null ? 'ctx' : Object.keys(statement.copied).length > 0 ? 'claims' : statement.device !== null ? 'dev' : null
    if (part === null) return null
    trimmed(part).add()
    if (!told) log.warn({ 'gatehouse.route': routeId, 'gatehouse.claim': part }, 'a passport is larger than maxBytes: claims are left out (told once, counted in gatehouse_passport_trimmed_total)')
    told = true
    return { ...statement, ...part === 'ctx' ? { facts: null } : part === 'claims' ? { copied: {} } : { device: null } }
  }
}
