import { createServer } from 'node:net'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import t from 'tap'
import { startDemoIssuer } from '../../../src/demo/demo-issuer.ts'
import { loadOidcProvider } from '../../../src/demo/loopback-issuer.ts'

/** What the console shows while `act` runs. */
async function shown (act: () => Promise<void>): Promise<string[]> {
  const lines: string[] = []
  const keep = (...said: unknown[]) => { lines.push(said.join(' ')) }
  const { info, warn, error, log } = console
  Object.assign(console, { info: keep, warn: keep, error: keep, log: keep })
  try {
    await act()
  } finally {
    Object.assign(console, { info, warn, error, log })
  }
  return lines
}

t.test('gives fresh tokens that its published keys verify, and says nothing on the console', async t => {
  const lines = await shown(async () => {
    const demo = await startDemoIssuer()
    t.teardown(() => demo.close())
    t.match(demo.issuer, /^http:\/\/127\.0\.0\.1:\d+$/)
    const { jwks_uri: jwksUri, issuer } = await (await fetch(`${demo.issuer}/.well-known/openid-configuration`)).json() as Record<string, string>
    t.equal(issuer, demo.issuer)
    const [token, other] = [await demo.token(), await demo.token()]
    t.not(token, other)
    const { payload, protectedHeader } = await jwtVerify(token, createRemoteJWKSet(new URL(jwksUri!)), { issuer: demo.issuer, audience: 'orders' })
    t.match(protectedHeader, { alg: 'RS256', typ: 'at+jwt' })
    t.match(payload, { sub: 'demo', client_id: 'demo', scope: 'orders.read' })
    t.equal(payload.exp! - payload.iat!, 600)
  })
  t.strictSame(lines, [])
})

t.test('knows no other client, no other scope and no page', async t => {
  const demo = await startDemoIssuer()
  t.teardown(() => demo.close())
  const ask = (body: Record<string, string>) => fetch(`${demo.issuer}/token`, { method: 'POST', body: new URLSearchParams(body) })
  t.equal((await ask({ grant_type: 'client_credentials', client_id: 'demo', client_secret: 'guessed' })).status, 401)
  t.equal((await ask({ grant_type: 'client_credentials' })).status, 400)
  t.equal((await fetch(`${demo.issuer}/interaction/a`)).status, 404)
})

t.test('listens where it is told, and says when it cannot', async t => {
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  const { port } = taken.address() as AddressInfo
  await t.rejects(startDemoIssuer(port), { code: 'EADDRINUSE' })
  await new Promise(resolve => taken.close(resolve))
  const demo = await startDemoIssuer(port)
  t.equal(demo.issuer, `http://127.0.0.1:${port}`)
  await demo.close()
  await t.rejects(demo.token())
})

t.test('says what to install where oidc-provider is not there', async t => {
  const missing = Object.assign(new Error('Cannot find package'), { code: 'ERR_MODULE_NOT_FOUND' })
  await t.rejects(loadOidcProvider(() => Promise.reject(missing)), { message: /oidc-provider.*npm install oidc-provider/, cause: missing })
  await t.rejects(loadOidcProvider(() => Promise.reject(new Error('broken'))), { message: 'broken' })
})

t.test('leaves the console to others', async t => {
  const lines = await shown(async () => {
    await loadOidcProvider(async () => {
      console.warn('oidc-provider WARNING: a')
      console.info('oidc-provider NOTICE: b')
      console.warn('of somebody else')
      return await import('oidc-provider')
    })
    console.warn('oidc-provider WARNING: later')
  })
  t.strictSame(lines, ['of somebody else', 'oidc-provider WARNING: later'])
})
