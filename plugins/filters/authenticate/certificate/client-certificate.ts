import { hash } from 'node:crypto'
import { Choice, Config, ConfigError, List, Refusal, Type, type ClientCertificate, type Exchange } from '../../../../src/contract/index.ts'
import type { CertificateSource } from '../way.ts'
import { parseXfcc, type XfccElement } from './xfcc.ts'

/** Where the client certificate of a request comes from. */
export const ClientCertificateConfig = Config({
  from: List(Choice(['socket', 'header']), { default: ['socket'], description: '`socket`: the TLS connection. `header`: X-Forwarded-Client-Cert, from trusted proxies only. The first that has one is taken.' }),
  hops: Type.Optional(Type.Integer({ minimum: 1, maximum: 16, description: 'Which element of the header, counted from the end: 1 is what the nearest proxy says of its own client, 2 what the one before says. Default: 1.' }))
}, { description: 'Where client certificates come from, for the way `certificate` and for tokens that are bound to one.' })

/** The decoded config. */
export interface CertificateOptions { readonly from: readonly ('socket' | 'header')[], readonly hops?: number }

const HEADER = 'x-forwarded-client-cert'
const MALFORMED = new Refusal('malformed', HEADER)
const HASH = /^[0-9A-Fa-f]{64}$/
const PEM = /^-----BEGIN CERTIFICATE-----\r?\n([A-Za-z0-9+/=\r\n]+)-----END CERTIFICATE-----\s*$/

/** Reads the certificate from those places. ConfigError below `/clientCertificate`. */
export function certificateSource ({ from, hops }: CertificateOptions): CertificateSource {
  if (hops !== undefined && !from.includes('header')) {
    throw new ConfigError('GW_CONFIG_NO_EFFECT', '/clientCertificate/hops', 'only the header has hops: add it to "from"')
  }
  const places = from.map(place => place === 'socket' ? ofSocket : (x: Exchange) => ofHeader(x, hops ?? 1))
  return x => {
    for (const place of places) {
      const found = place(x)
      if (found !== null) return found
    }
    return null
  }
}

const ofSocket: CertificateSource = x => x.client.certificate

/** Fewer elements than hops: whoever stands at that hop has shown none. Elements left of it were written by nobody we know. */
function ofHeader (x: Exchange, hops: number): ClientCertificate | Refusal | null {
  if (!x.client.trusted) return null
  const lines = x.headers.all(HEADER).filter(line => line !== '')
  const elements = parseXfcc(lines)
  if (elements === null) return MALFORMED
  const element = elements.at(-hops)
  return element === undefined ? null : certificate(element)
}

/** Takes the header out of the request. */
export function dropCertificateHeader (x: Exchange): void {
  x.headers.delete(HEADER)
}

function certificate ({ hash, cert, subject, uris, dnsNames }: XfccElement): ClientCertificate | Refusal {
  const digest = cert === '' ? hash.toLowerCase() : digestOf(cert)
  if (digest === null || !HASH.test(digest) || (hash !== '' && hash.toLowerCase() !== digest)) return MALFORMED
  return { subject, uris, dnsNames, emails: [], thumbprint: Buffer.from(digest, 'hex').toString('base64url') }
}

/** Hexadecimal SHA-256 of the DER form; null where it is no percent-encoded PEM. */
function digestOf (cert: string): string | null {
  const pem = PEM.exec(decoded(cert))
  return pem === null ? null : hash('sha256', Buffer.from(pem[1]!, 'base64'), 'hex')
}

function decoded (text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return ''
  }
}
