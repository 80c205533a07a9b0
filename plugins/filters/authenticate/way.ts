import type { StaticDecode, TObject } from 'typebox'
import type { ClientCertificate, Exchange, Place, Refusal, TokenVerifier, Verdict } from '../../../src/contract/index.ts'
import type { Authorization } from './authorization.ts'

/** One way to prove who is calling, on one route. */
export interface Way {
  /** What WWW-Authenticate says where nobody has presented a credential (RFC 9110 11.6.1); null: no scheme goes with this way. */
  readonly challenge: string | null
  /**
   * Undefined: the request presents no credential of this kind, and the next way is asked. `authorization` is the request's
   * Authorization line, read once for all ways: null where there is none, a Refusal where it is not readable; a way that lives
   * in that field returns that Refusal. Rejections are bugs: who cannot be asked is `Refusal('unavailable')`.
   */
  authenticate (x: Exchange, authorization: Authorization | Refusal | null): Answer | Promise<Answer>
  /** What WWW-Authenticate says to a credential that this way has refused, e.g. `Bearer error="invalid_token"`. */
  refusalChallenge (refusal: Refusal): string | null
  /** Takes a credential of this kind out of the request, if there is one: upstreams trust the passport. Called for every way once one has accepted. */
  consume (x: Exchange, authorization: Authorization | Refusal | null): void
  /** Puts on `x.reply`, whatever it is, what this way has to say: cookies, nonces. */
  respond? (x: Exchange): void
}

/** What a way says of a request. */
export type Answer = Verdict | undefined

/** What a way may rely on beside its own options. */
export interface Surroundings {
  readonly place: Place
  readonly realm: string | undefined
  /** Names of the issuers that the room accepts; not empty where a way `needsIssuers`. Every one exists. */
  readonly issuers: readonly string[]
  /** Checks tokens of those issuers; one for all ways. Only for a way that `needsIssuers`. */
  readonly verifier: () => TokenVerifier
  /** Names of all ways of the room, in order. */
  readonly ways: readonly string[]
  /** The client certificate of a request, from where the room takes it. */
  readonly certificate: CertificateSource
}

/** The verified certificate of the caller: null where there is none, a Refusal where what a proxy says of it is not readable. */
export type CertificateSource = (x: Exchange) => ClientCertificate | Refusal | null

/** One way as a route file names it. */
export interface WayKind {
  readonly name: string
  readonly config: TObject
  /** Whether it means nothing without `issuers`. */
  readonly needsIssuers: boolean
  /** Throws ConfigError with a pointer into the way's own config. */
  create (config: unknown, surroundings: Surroundings): Way
}

interface Spec<C extends TObject> {
  name: string
  /** Without a default of its own: a way that is only named gets those of its properties. */
  config: C
  needsIssuers?: boolean
  create (config: StaticDecode<C>, surroundings: Surroundings): Way
}

/** A way with its options typed. The room has checked and decoded them against the schema before it calls `create`. */
export const defineWay = <C extends TObject>({ needsIssuers = false, ...spec }: Spec<C>): WayKind =>
  ({ ...spec, needsIssuers, create: (config, surroundings) => spec.create(config as StaticDecode<C>, surroundings) })
