/**
 * A Cookie line (RFC 6265 4.2.1) without the pairs of the cookie `own` and of those named `own.` and more, which go into `found`. The
 * first of several with one name counts, as with most servers.
 */
export function withoutOwnCookies (line: string, own: string, found: Map<string, string>): string {
  if (!line.includes(own)) return line
  const kept = line.split(';').filter(pair => {
    const at = pair.indexOf('=')
    const name = (at < 0 ? pair : pair.slice(0, at)).trim()
    if (name !== own && !name.startsWith(`${own}.`)) return true
    if (at >= 0 && !found.has(name)) found.set(name, pair.slice(at + 1).trim())
    return false
  })
  return kept.join(';').trim()
}
