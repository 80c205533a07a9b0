import type { HeaderList } from './header-list.ts'

/** All values of one cookie over all Cookie lines (RFC 6265 4.2.1, 5.4); quotes around a value are not part of it. */
export function cookieValues (headers: HeaderList, name: string): string[] {
  return parseCookies(headers).filter(cookie => cookie.name === name).map(cookie => cookie.value)
}

/** Sent to this host alone where the name begins with `__Host-`, hidden from pages, and with navigations from elsewhere (RFC 6265bis 4.1). */
const ATTRIBUTES = 'Path=/; Secure; HttpOnly; SameSite=Lax'

/** `Set-Cookie` value of a cookie of the gateway's own; it goes with the browser's window where it has no Max-Age. */
export function ownCookie (name: string, value: string, maxAgeS?: number): string {
  return `${name}=${value}; ${maxAgeS === undefined ? '' : `Max-Age=${maxAgeS}; `}${ATTRIBUTES}`
}

/** `Set-Cookie` value that takes one from the browser. */
export const clearedCookie = (name: string): string => ownCookie(name, '', 0)

/** Name and value of every cookie, in order. */
export function parseCookies (headers: HeaderList): { name: string, value: string }[] {
  return headers.all('cookie').flatMap(line => line.split(';')).flatMap(pair => {
    const at = pair.indexOf('=')
    if (at < 0) return []
    const value = pair.slice(at + 1).trim()
    const quoted = value.length > 1 && value.startsWith('"') && value.endsWith('"')
    return [{ name: pair.slice(0, at).trim(), value: quoted ? value.slice(1, -1) : value }]
  })
}
