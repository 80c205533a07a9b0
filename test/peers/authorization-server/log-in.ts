import { once } from 'node:events'
import { request, type IncomingMessage } from 'node:http'

/** Cookies by name. */
export type CookieJar = Map<string, string>

/**
 * Does what a browser would: goes to the issuer, fills the form in, and comes back. Gives the URL it was sent back to, without going there.
 * With a jar that was there before, the issuer knows the browser and asks nothing.
 */
export async function logIn (url: string, account: string, jar: CookieJar = new Map()): Promise<string> {
  const { origin } = new URL(url)
  let next = url
  for (let hops = 0; hops < 10 && next.startsWith(`${origin}/`); hops++) {
    const page = await browse(next, jar)
    const answer = page.statusCode === 200 ? await browse(next, jar, `login=${encodeURIComponent(account)}`) : page
    if (answer.headers.location === undefined) throw new Error(`the issuer answered ${answer.statusCode} to ${next}`)
    next = new URL(answer.headers.location, next).href
  }
  return next
}

/** One request with the jar's cookies; a body makes it a form that is sent. */
export async function browse (url: string, jar: CookieJar, form?: string): Promise<IncomingMessage> {
  const req = request(url, {
    agent: false,
    method: form === undefined ? 'GET' : 'POST',
    headers: { accept: 'text/html', cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; '), ...form === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' } }
  })
  req.end(form)
  const [res] = await once(req, 'response') as [IncomingMessage]
  for (const line of res.headers['set-cookie'] ?? []) {
    const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
    if (value === '') jar.delete(name)
    else jar.set(name, value)
  }
  if (res.statusCode !== 200) res.resume()
  return res
}
