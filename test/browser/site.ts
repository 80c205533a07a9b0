import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Page } from 'puppeteer-core'
import type { Test } from 'tap'
import { filters, predicates } from '../../plugins/index.ts'
import { pinoLog } from '../../src/adapters/pino-log.ts'
import { loadConfig } from '../../src/config/load-config.ts'
import { Config, defineFilter } from '../../src/contract/index.ts'
import { buildGateway } from '../../src/gateway.ts'
import { roomsOf } from '../../src/plan/compile-room.ts'
import { GATEWAY_SECRET, startAuthorizationServer, type AuthorizationServer, type AuthorizationServerOptions } from '../peers/authorization-server.ts'
import { tlsFront, type TlsFront } from './tls-front.ts'

/** What the application behind the gateway was asked. */
export interface Asked { readonly url: string, readonly headers: IncomingHttpHeaders }

/** An application that people log in to: browser -> TLS -> gateway -> application, with an authorization server beside it. */
export interface Site {
  readonly front: TlsFront
  readonly issuer: AuthorizationServer
  readonly asked: readonly Asked[]
  /** How often the gateway has asked the token endpoint. */
  tokenRequests(): number
  /** Lifetime of the access tokens that the issuer makes from now on, in seconds. */
  tokensLast(seconds: number): void
  metric(name: string, labels: Readonly<Record<string, string>>): number
}

/** Tells the application who is calling, and by which token, in the plainest way. */
const tellCaller = defineFilter({
  name: 'tell-caller',
  config: Config({}),
  create: () => ({
    request: ({ principal, headers }) => {
      headers.set('x-caller', principal === null ? 'nobody' : `${principal.subject} of ${principal.tenant} by ${principal.source}`)
      headers.set('authorization', `Bearer ${principal?.token}`)
    }
  })
})

/** Starts all of it. */
export async function site (t: Test, login: Readonly<Record<string, unknown>> = {}): Promise<Site> {
  const ttl = { accessToken: 300 }
  const options: AuthorizationServerOptions = { ttl }
  const [issuer, front] = [await startAuthorizationServer(options), await tlsFront(t)]
  t.teardown(() => issuer.close())
  const { url, asked } = await application(t)
  const gateway = buildGateway(await configuration(issuer.issuer, url, login), { rooms: roomsOf([...filters, tellCaller], predicates), log: pinoLog({ level: 'error', destination: { write: line => { t.comment(line) } } }) })
  t.teardown(() => gateway.close())
  const [{ port } = { port: 0 }] = (await gateway.listen()).listeners
  front.forward(port)
  const client = () => {
    issuer.configureClient({
      client_id: 'gateway',
      redirect_uris: [`${front.origin}/oauth2/callback`],
      post_logout_redirect_uris: [`${front.origin}/goodbye`],
      // The issuer does not trust the front's certificate
      backchannel_logout_uri: `http://127.0.0.1:${port}/oauth2/backchannel-logout`
    })
  }
  client()
  return {
    front,
    issuer,
    asked,
    tokenRequests: () => issuer.requests.filter(one => one === 'POST /token').length,
    tokensLast: seconds => {
      ttl.accessToken = seconds
      client()
    },
    metric: (name, labels) => gateway.metrics.samples().filter(one => one.name === name && Object.entries(labels).every(([key, value]) => one.labels[key] === value)).reduce((sum, { value }) => sum + value, 0)
  }
}

async function configuration (issuer: string, upstream: string, login: Readonly<Record<string, unknown>>) {
  const document = {
    version: 1,
    gateway: { admin: false, listen: [{ port: 0, host: '127.0.0.1' }], trustedProxies: ['127.0.0.1'], drain: '1s', accessLog: false, session: { ring: 'session' } },
    issuers: { main: { issuer, audiences: ['orders'], client: { id: 'gateway', secret: GATEWAY_SECRET } } },
    keyRings: { session: { keys: 'ephemeral' } },
    routes: [
      { id: 'goodbye', predicates: [{ path: '/goodbye' }], filters: [{ respond: { status: 200, body: 'goodbye' } }] },
      { id: 'app', predicates: [{ path: '/**' }], filters: [{ login: { issuer: 'main', scopes: ['openid', 'offline_access'], afterLogout: '/goodbye', ...login } }, 'tell-caller'], upstream }
    ]
  }
  return (await loadConfig(['routes.yaml'], { env: {}, rooms: roomsOf([...filters, tellCaller], predicates), readFile: async () => Buffer.from(JSON.stringify(document)) })).config
}

/** Answers with who is calling, as its gateway told it. */
async function application (t: Test): Promise<{ url: string, asked: Asked[] }> {
  const asked: Asked[] = []
  const server = createServer((req, res) => {
    asked.push({ url: req.url!, headers: req.headers })
    res.setHeader('set-cookie', 'theme=dark; Path=/')
    res.writeHead(200, { 'content-type': 'text/html' }).end(`<title>app</title><p id="caller">${req.headers['x-caller']}</p><p id="token">${req.headers.authorization}</p><a id="out" href="/logout">Log out</a>`)
  }).listen(0, '127.0.0.1')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  await once(server, 'listening')
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked }
}

/** Fills in the issuer's form. */
export async function logIn (page: Page, account: string): Promise<void> {
  await page.type('input[name=login]', account)
  await Promise.all([page.waitForNavigation(), page.click('button')])
}

/** Text of an element of the page. */
export const textOf = async (page: Page, selector: string): Promise<string> => await page.$eval(selector, element => element.textContent ?? '')
