import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Test } from 'tap'
import { verifyPassport } from '../../plugins/filters/passport/verifier/index.ts'

/** What a service was asked. */
export interface Asked { readonly url: string, readonly headers: IncomingHttpHeaders }

/** A service behind the gateway: it believes passports that the gateway's own keys verify, and nothing else. */
export interface Service {
  readonly url: string
  readonly asked: readonly Asked[]
  /** Connections that are open. */
  connections(): Promise<number>
  /** Where the gateway's public keys are. */
  trust(jwks: string): void
}

/** Starts one of this name; it answers with what it was told and what it could verify. */
export async function startService (t: Test, audience = 'orders'): Promise<Service> {
  const asked: Asked[] = []
  let jwks = ''
  const server = createServer(async (req, res) => {
    asked.push({ url: req.url!, headers: req.headers })
    const passport = await verifyPassport(req.headers['x-passport'], { jwks, audience }).catch((error: Error) => ({ refused: error.message }))
    res.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ service: audience, passport, url: req.url, headers: req.headers }))
  }).listen(0, '127.0.0.1')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    connections: () => new Promise(resolve => { server.getConnections((_error, count) => { resolve(count) }) }),
    trust: url => { jwks = url }
  }
}
