import type { KeyObject } from 'node:crypto'
import { ASYMMETRIC, challenge, Choice, Config, List, Refusal, StoreUnavailable, Timeout, Type, type Exchange, type Principal, type Store, type Verdict } from '../../../../src/contract/index.ts'
import { accessToken, dropAuthorization } from '../authorization.ts'
import { certificateBinding } from '../binding.ts'
import { sha256, wrongRequest, wrongSignature, wrongTime } from './dpop-checks.ts'
import { DpopNonces } from './dpop-nonces.ts'
import { badProof, parseProof, type DpopProof } from './dpop-proof.ts'
import { tokenChallenge } from '../token-challenge.ts'
import { defineWay, type Surroundings } from '../way.ts'

const NO_BINDING = new Refusal('binding', 'the token is not bound to the key of the proof')
const REPLAYED = new Refusal('replayed', 'the proof was used before')
const UNAVAILABLE = new Refusal('unavailable', 'whether the proof was used before cannot be asked')
const NO_PROOF = badProof('there is not exactly one DPoP header')
const WANTS_NONCE = badProof('the nonce is missing or over')

/** A token bound to a key, with a proof that the caller has the key: `Authorization: DPoP` and one `DPoP` header (RFC 9449 7.1). */
export const dpop = defineWay({
  name: 'dpop',
  needsIssuers: true,
  config: Config({
    maxAge: Timeout({ default: '60s', description: 'How old a proof may be, by its `iat`.' }),
    clockSkew: Timeout({ default: '30s', description: 'How far clocks may be apart.' }),
    algorithms: List(Choice(ASYMMETRIC), { default: ['ES256', 'EdDSA', 'PS256', 'RS256'], description: 'Signature algorithms of proofs to accept.' }),
    nonce: Type.Boolean({ default: false, description: 'Proofs must hold a nonce that the gateway has handed out (RFC 9449 9), so that none can be made in advance.' })
  }),

  create: (config, surroundings) => {
    const { clock, store } = surroundings.place.services
    const tokens = surroundings.verifier()
    const algorithms = new Set<string>(config.algorithms)
    const parameters = { realm: surroundings.realm, algs: config.algorithms.join(' ') }
    const holds = holder(config, surroundings)
    const nonces = config.nonce ? nonceKeeper(new DpopNonces(store, clock, config.maxAge)) : null
    const ttlMs = config.maxAge + 2 * config.clockSkew

    const prove = async (x: Exchange, token: string, proof: DpopProof): Promise<Verdict> => {
      const verdict = await tokens.verify(token)
      if (verdict instanceof Refusal) return verdict
      return holds(x, token, proof, verdict) ?? await reachable(async () => {
        if (nonces !== null && !await nonces.isFresh(x, proof)) return WANTS_NONCE
        return await isFirst(store, proof, ttlMs) ? verdict : REPLAYED
      })
    }
    return {
      challenge: challenge('DPoP', parameters),
      authenticate: (x, authorization) => {
        const token = accessToken(x, authorization, 'dpop')
        if (typeof token !== 'string') return token
        const proofs = x.headers.all('dpop')
        const proof = proofs.length === 1 ? parseProof(proofs[0]!, algorithms) : NO_PROOF
        return proof instanceof Refusal ? proof : prove(x, token, proof)
      },
      refusalChallenge: refusal => refusalChallenge(refusal, parameters),
      consume: (x, authorization) => {
        dropAuthorization(x, authorization, 'dpop')
        x.headers.delete('dpop')
      },
      ...nonces && { respond: nonces.respond }
    }
  }
})

/** Whoever cannot be asked lets nobody in. */
async function reachable (ask: () => Promise<Verdict>): Promise<Verdict> {
  try {
    return await ask()
  } catch (error) {
    if (error instanceof StoreUnavailable) return UNAVAILABLE
    throw error
  }
}

/** All that can be checked without the store, the costly signature last and only with the key that the token names. */
function holder (times: { maxAge: number, clockSkew: number }, { certificate, place }: Surroundings) {
  const { clock } = place.services
  const keys = new WeakMap<Principal, KeyObject>()
  return (x: Exchange, token: string, proof: DpopProof, caller: Principal): Refusal | null =>
    (caller.confirmation?.jkt === proof.key.thumbprint ? null : NO_BINDING) ??
    certificateBinding(caller, x, certificate) ??
    wrongTime(proof, clock.now(), times.maxAge, times.clockSkew) ??
    wrongRequest(proof, x, token) ??
    wrongSignature(proof, caller, keys)
}

/** Last of all, so that only who can make proofs for a valid token may fill the store. */
const isFirst = async (store: Store, { key, claims: { jti } }: DpopProof, ttlMs: number): Promise<boolean> =>
  await store.add(`dpop:${key.thumbprint}:${sha256(jti)}`, '', ttlMs)

/** Checks nonces, and tells clients the one to use next (RFC 9449 8.2, 9). */
function nonceKeeper (nonces: DpopNonces) {
  const handedOut = new WeakMap<Exchange, string>()
  return {
    isFresh: async (x: Exchange, { claims: { nonce } }: DpopProof): Promise<boolean> => {
      const { current, previous } = await nonces.pair()
      if (nonce !== current) handedOut.set(x, current)
      return nonce !== undefined && (nonce === current || nonce === previous)
    },
    respond: (x: Exchange): void => {
      const fresh = handedOut.get(x)
      if (fresh !== undefined) x.reply!.headers.set('dpop-nonce', fresh)
    }
  }
}

/** RFC 9449 7.1, 9: what is wrong with the proof has its own codes. */
function refusalChallenge (refusal: Refusal, parameters: Readonly<Record<string, string | undefined>>): string {
  if (refusal === WANTS_NONCE) return challenge('DPoP', { ...parameters, error: 'use_dpop_nonce' })
  const isProof = refusal.reason === 'proof' || refusal.reason === 'replayed'
  return isProof ? challenge('DPoP', { ...parameters, error: 'invalid_dpop_proof' }) : tokenChallenge('DPoP', refusal, parameters)
}
