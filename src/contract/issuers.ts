import Type, { type StaticDecode } from 'typebox'
import { Choice, Config, Duration, List, Timeout, Url } from './units.ts'

/** Signature algorithms with a public key (RFC 7518 3.1, RFC 8037 3.1). */
export const ASYMMETRIC = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'] as const
/** Those with a shared secret; only with an issuer's explicit `secret`. */
export const SYMMETRIC = ['HS256', 'HS384', 'HS512'] as const

const ClaimPath = (name: string, description: string) =>
  Type.String({ pattern: '^[^./\\s]+(\\.[^.\\s]+)*$|^https?://\\S+$', 'x-expects': 'the name of a claim, or a path such as realm_access.roles', default: name, description })

/** How the gateway is registered at the issuer: for login, refresh, introspection, client-credentials and token-exchange. */
export const OAuthClientSchema = Config({
  id: Type.String({ minLength: 1, description: '`client_id`.' }),
  secret: Type.Optional(Type.String({ minLength: 1, description: '`client_secret`. Left out: a public client.' })),
  authentication: Choice(['client_secret_basic', 'client_secret_post'], { default: 'client_secret_basic', description: 'How the client authenticates (RFC 6749 2.3.1).' })
}, { description: 'The gateway as a client of this issuer.' })

/** What a claim of this issuer's tokens means. */
export const ClaimNamesSchema = Config({
  subject: ClaimPath('sub', 'Who is calling.'),
  client: ClaimPath('client_id', 'The client; `azp` where there is none.'),
  scopes: ClaimPath('scope', 'Text with spaces, or a list. `scp` where there is none.'),
  roles: ClaimPath('roles', 'A list, or text with spaces.'),
  tenant: ClaimPath('tenant', 'The tenant.')
}, { default: {}, description: 'Which claims say what.' })

/** One entry of `issuers:`. */
export const IssuerSchema = Config({
  issuer: Type.String({ minLength: 1, description: 'Exactly what `iss` says (RFC 7519 4.1.1), to the letter.' }),
  discovery: Type.Optional(Url({ description: 'The document that tells the endpoints (OpenID Connect Discovery 4, RFC 8414). Default: `issuer` with /.well-known/openid-configuration behind it.' })),
  jwksUri: Type.Optional(Url({ description: 'Where the keys are, instead of what discovery says.' })),
  keys: Type.Optional(Type.Union([Type.Array(Type.Record(Type.String(), Type.Unknown()), { minItems: 1 }), Type.String({ minLength: 1 })], { 'x-expects': 'a list of JWKs, or the text of a JWK Set', description: 'The keys themselves, instead of fetching them: a list of JWKs, or the text of a JWK Set, which a reference to its file gives.' })),
  secret: Type.Optional(Type.String({ minLength: 32, 'x-expects': 'a secret of 32 characters or more', description: 'Shared secret of HS* tokens; `algorithms` must name them.' })),
  algorithms: List(Choice([...ASYMMETRIC, ...SYMMETRIC]), { default: ['RS256', 'PS256', 'ES256', 'EdDSA'], description: 'Signature algorithms to accept; nothing in a token can widen this.' }),
  audiences: List(Type.String({ minLength: 1 }), { description: 'One of these must be in `aud` (RFC 7519 4.1.3), to the letter.' }),
  types: List(Type.String({ minLength: 1 }), { default: ['at+jwt', 'jwt', 'none'], description: '`typ` to accept (RFC 9068 2.1), without `application/`; `none` for tokens that have none. `[at+jwt]` is strictest.' }),
  requiredClaims: List(Type.String({ minLength: 1 }), { default: ['exp', 'iss', 'aud', 'sub'], description: 'Claims that must be there.' }),
  clients: Type.Optional(List(Type.String({ minLength: 1 }), { description: 'Only tokens of these clients (`client_id`, `azp`).' })),
  clockSkew: Timeout({ default: '30s', description: 'How far clocks may be apart.' }),
  maxAge: Type.Optional(Timeout({ description: 'The oldest a token may be, by `iat`, whatever its `exp` says.' })),
  claims: ClaimNamesSchema,
  jwks: Config({
    timeout: Timeout({ default: '2s', description: 'To fetch the keys.' }),
    cooldown: Timeout({ default: '30s', description: 'Between two attempts to fetch them, however the first ended.' }),
    staleIfError: Duration({ default: '24h', description: 'How long keys stay in use after their time while they cannot be fetched again (RFC 5861 4).' }),
    start: Choice(['lazy', 'blocking'], { default: 'lazy', description: '`blocking`: the gateway listens only when it has tried to fetch them.' })
  }, { default: {}, description: 'How the keys are fetched.' }),
  client: Type.Optional(OAuthClientSchema),
  endpoints: Type.Optional(Config({
    authorization: Type.Optional(Url({ description: '`authorization_endpoint`' })),
    token: Type.Optional(Url({ description: '`token_endpoint`' })),
    introspection: Type.Optional(Url({ description: '`introspection_endpoint`' })),
    endSession: Type.Optional(Url({ description: '`end_session_endpoint`' }))
  }, { description: 'Endpoints, instead of what discovery says.' })),
  ca: Type.Optional(Type.String({ minLength: 1, description: 'PEM of the authorities to trust for this issuer instead of the system\'s.' })),
  insecureHttp: Type.Boolean({ default: false, description: 'Take plain http to other hosts than this one. For networks where nobody else listens.' })
})
export type IssuerConfig = StaticDecode<typeof IssuerSchema>

const RingText = (description: string) => Type.String({
  minLength: 1, 'x-expects': 'the text of a key ring, as `gatehouse keys` writes it, or `ephemeral`', description
})

/** One entry of `keyRings:`, or the text of the ring alone. */
export const KeyRingSchema = Type.Union([RingText('The ring, as under `keys`.'), Config({
  keys: RingText('The ring as `gatehouse keys` writes it, by a reference to its file. `ephemeral`: keys made at the start, gone at the end; for one process only.'),
  publish: Type.Optional(Type.String({ pattern: '^/[A-Za-z0-9._~/-]+$', 'x-expects': 'a path such as /keys/passport', description: 'Path on the admin listener where the public keys are (RFC 7517 5). Default: /keys/ and the name of the ring.' }))
})], { 'x-expects': 'the text of a key ring, as `gatehouse keys` writes it, or { keys, publish }' })
export type KeyRingConfig = Exclude<StaticDecode<typeof KeyRingSchema>, string>
