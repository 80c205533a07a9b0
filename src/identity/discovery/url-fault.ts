import { networks } from '../../contract/cidr.ts'

const LOOPBACK = networks(['127.0.0.0/8', '::1'], '')

/** Whether a URL's host is this one, so that nobody else can listen. */
export function isLoopback (url: string): boolean {
  const hostname = URL.parse(url)?.hostname.replace(/^\[|\]$/g, '') ?? ''
  return hostname === 'localhost' || LOOPBACK.includes(hostname)
}

/** What is wrong with a URL that credentials or keys go through (RFC 8414 2: https), null for nothing. `loopback`: plain http to this host is none the worse. */
export function urlFault (url: string, { insecureHttp, loopback }: { readonly insecureHttp: boolean, readonly loopback: boolean }): string | null {
  const { protocol, username, password, hash } = URL.parse(url) ?? NOWHERE
  if (!['https:', 'http:'].includes(protocol)) return 'not an absolute https or http URL'
  if (username + password !== '') return 'a URL with credentials in it'
  if (hash !== '') return 'a URL with a fragment'
  if (protocol === 'https:' || insecureHttp || (loopback && isLoopback(url))) return null
  return 'plain http, which anybody on the way could answer: use https, or insecureHttp where nobody else listens'
}

const NOWHERE = { protocol: '', username: '', password: '', hash: '' }
