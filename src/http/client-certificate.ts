import { hash, type X509Certificate } from 'node:crypto'
import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import type { ClientCertificate } from '../contract/client-certificate.ts'

/** The certificate that the client of a TLS socket has shown and the handshake has verified; null where there is none, or nobody vouches for it. */
export function clientCertificate (socket: Socket): ClientCertificate | null {
  if (!(socket instanceof TLSSocket) || !socket.authorized) return null
  const certificate = socket.getPeerX509Certificate()
  return certificate === undefined ? null : read(certificate)
}

function read (certificate: X509Certificate): ClientCertificate {
  const names = alternativeNames(certificate.subjectAltName ?? '')
  const all = (type: string): string[] => names.filter(name => name.type === type).map(name => name.value)
  return {
    subject: distinguishedName(certificate.subject ?? ''),
    uris: all('URI'),
    dnsNames: all('DNS'),
    emails: all('email'),
    thumbprint: hash('sha256', certificate.raw, 'base64url')
  }
}

/** Node writes one RDN a line, the first first, values escaped; RFC 4514 2.1 begins with the last. */
const distinguishedName = (lines: string): string =>
  lines === '' ? '' : lines.split('\n').reverse().map(line => line.replaceAll(' + ', '+')).join(',')

/** Node writes `URI:a, DNS:b`, and a value that could be misread as a JSON string without commas (CVE-2021-44532). */
function alternativeNames (text: string): { type: string, value: string }[] {
  if (text === '') return []
  return text.split(', ').map(name => {
    const at = name.indexOf(':')
    const value = name.slice(at + 1)
    return { type: name.slice(0, at), value: value.startsWith('"') ? JSON.parse(value) as string : value }
  })
}
