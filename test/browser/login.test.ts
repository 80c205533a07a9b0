import t from 'tap'
import { chromium, WITHOUT_CHROMIUM } from './chromium.ts'
import { logIn, site, textOf } from './site.ts'

t.test('a browser logs in, is known, and logs out', WITHOUT_CHROMIUM, async t => {
  const { front, issuer, asked, metric } = await site(t)
  const browser = await chromium(t)
  const page = await browser.newPage()

  await page.goto(`${front.origin}/orders?page=2&next=//evil.test`)
  t.ok(page.url().startsWith(issuer.issuer), 'a page without a session leads to the issuer')
  await logIn(page, 'alice')
  t.equal(page.url(), `${front.origin}/orders?page=2&next=//evil.test`, 'and after the login back to where it began')
  t.equal(await textOf(page, '#caller'), 'alice of acme by session')
  t.match(await textOf(page, '#token'), /^Bearer \S{20,}$/)

  t.equal(await page.evaluate('document.cookie'), 'theme=dark', 'scripts cannot see the session')
  const cookies = await browser.cookies()
  t.match(cookies.filter(({ name }) => name.startsWith('__Host-gatehouse')), [{ name: '__Host-gatehouse', httpOnly: true, secure: true, sameSite: 'Lax', path: '/', domain: 'localhost' }])
  await page.reload()
  t.match(asked.at(-1)?.headers.cookie, 'theme=dark')
  t.ok(asked.every(({ headers }) => !String(headers.cookie).includes('__Host')), 'and it never reaches the application')
  t.ok(asked.every(({ url }) => !url.includes('code=') && !url.includes('callback')), 'nor does the authorization code')

  t.equal(await page.evaluate("fetch('/data', { method: 'POST' }).then(({ status }) => status)"), 200, 'scripts of the page are let in')
  await Promise.all([page.waitForNavigation({ waitUntil: 'networkidle0' }), page.click('#out')])
  t.equal(page.url().split('?')[0], `${front.origin}/goodbye`, 'a logout goes by the issuer')
  t.match(issuer.requests, new Set(['GET /session/end', 'POST /session/end/confirm']))
  t.same((await browser.cookies()).filter(({ name }) => name.startsWith('__Host-gatehouse')), [])
  await page.goto(`${front.origin}/orders`)
  t.ok(page.url().startsWith(`${issuer.issuer}/interaction/`), 'and the issuer asks again who it is')
  t.equal(metric('gatehouse_logins_total', { outcome: 'ok' }), 1)
})

t.test('a script without a session gets 401 and no redirect', WITHOUT_CHROMIUM, async t => {
  const { front, asked } = await site(t)
  const page = await (await chromium(t)).newPage()
  await page.goto(`${front.origin}/goodbye`)
  const answer = await page.evaluate("fetch('/data', { headers: { accept: 'text/html' } }).then(async res => ({ status: res.status, redirected: res.redirected, body: await res.json() }))")
  t.match(answer, { status: 401, redirected: false, body: { code: 'GW_UNAUTHENTICATED' } })
  t.same(asked, [])
})

t.test('an access token about to end is refreshed once, however many requests come', WITHOUT_CHROMIUM, async t => {
  const { front, tokensLast, tokenRequests, metric } = await site(t)
  tokensLast(1)
  const page = await (await chromium(t)).newPage()
  await page.goto(`${front.origin}/`)
  await logIn(page, 'alice')
  const before = await textOf(page, '#token')
  t.equal(tokenRequests(), 1)
  tokensLast(300)
  const tokens = await page.evaluate(async before => {
    const token = async () => {
      const res = await fetch('/')
      return /id="token">([^<]*)</.exec(await res.text())?.[1] ?? String(res.status)
    }
    for (;;) {
      const tokens = await Promise.all(Array.from({ length: 6 }, token))
      if (tokens.some(one => one !== before)) return [...tokens, ...await Promise.all([token(), token()])]
    }
  }, before)
  t.equal(new Set(tokens.filter(one => one !== before)).size, 1, tokens.join())
  t.match(tokens.at(-1), /^Bearer /)
  t.equal(tokenRequests(), 2)
  t.ok(metric('gatehouse_sessions_total', { event: 'refreshed' }) >= 1)
})

t.test('a logout at the issuer ends the session of the browser', WITHOUT_CHROMIUM, async t => {
  const { front, issuer, metric } = await site(t)
  const browser = await chromium(t)
  const page = await browser.newPage()
  await page.goto(`${front.origin}/orders`)
  await logIn(page, 'alice')
  t.equal(await textOf(page, '#caller'), 'alice of acme by session')

  const elsewhere = await browser.newPage()
  await elsewhere.goto(`${issuer.issuer}/session/end`, { waitUntil: 'networkidle0' })
  t.equal(await page.evaluate("fetch('/data').then(({ status }) => status)"), 401)
  t.equal(metric('gatehouse_sessions_total', { event: 'logged-out' }), 1)
  await page.goto(`${front.origin}/orders`)
  t.ok(page.url().startsWith(`${issuer.issuer}/interaction/`))
})

t.test('nobody else\'s page logs a browser in, out, or away', WITHOUT_CHROMIUM, async t => {
  const { front, issuer, asked } = await site(t)
  const browser = await chromium(t)
  const page = await browser.newPage()

  const away = await page.goto(`${front.origin}//evil.test/a`)
  const { searchParams } = new URL(away!.request().redirectChain()[0]!.response()!.headers()['location']!)
  await logIn(page, 'alice')
  t.equal(new URL(page.url()).origin, front.origin, 'a path that looks like a host leads nowhere else')

  for (const [what, html] of Object.entries({
    'a link on another site': `<script>onload = () => { location = '${front.origin}/logout' }</script>`,
    'a form on another site': `<form method="post" action="${front.origin}/logout"></form><script>onload = () => document.forms[0].submit()</script>`
  })) {
    const foreign = await browser.newPage()
    const answered = foreign.waitForResponse(`${front.origin}/logout`)
    await foreign.goto(`data:text/html,${encodeURIComponent(html)}`)
    t.equal((await answered).status(), 403, `${what} does not log out`)
  }
  await page.goto(`${front.origin}/orders`)
  t.equal(await textOf(page, '#caller'), 'alice of acme by session')

  const victim = await (await browser.createBrowserContext()).newPage()
  const answer = await victim.goto(`${front.origin}/oauth2/callback?code=planted&state=${searchParams.get('state')}&iss=${encodeURIComponent(issuer.issuer)}`)
  t.equal(answer!.status(), 400, 'a callback of another browser\'s login is refused')
  t.match(await answer!.json(), { code: 'GW_LOGIN_FAILED' })
  t.ok(asked.every(({ url }) => ['/orders', '/evil.test/a', '/favicon.ico'].includes(url)))
})
