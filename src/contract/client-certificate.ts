/** A verified client certificate (RFC 5280). */
export interface ClientCertificate {
  /** Distinguished name (RFC 4514). */
  readonly subject: string
  /** Subject Alternative Names, in the certificate's order. */
  readonly uris: readonly string[]
  readonly dnsNames: readonly string[]
  readonly emails: readonly string[]
  /** SHA-256 of the DER form, base64url: `x5t#S256` of RFC 8705 3.1. */
  readonly thumbprint: string
}
