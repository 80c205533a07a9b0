import t, { type Test } from 'tap'
import authenticate from '../../plugins/filters/authenticate/index.ts'
import passport from '../../plugins/filters/passport/index.ts'
import sanitize from '../../plugins/filters/sanitize/index.ts'
import { benchTokens, AUDIENCE, ISSUER } from '../../bench/harness/bench-tokens.ts'
import { startGateway } from './harness/gateway.ts'
import { rawClient } from './harness/raw-client.ts'
import { rawUpstream, type Received } from './harness/raw-upstream.ts'

/** Whatever a client says of who it is has this in it. */
const LIE = 'spoofed'
const SECRET_COOKIE = '__Host-gatehouse'

/** Names that only the gateway may say: always, because a filter somewhere writes them, and because other gateways do. */
const OWNED = ['X-Passport', 'X-Passport-Sub', 'X-Passports', 'X-Gatehouse', 'X-Gatehouse-User', 'X-Gatehouse-Route']
const WRITTEN = ['X-Identity', 'X-Identity-Claims']
const ELSEWHERE = ['X-Auth-Request-User', 'X-Auth-Request-Email', 'X-Remote-User', 'Remote-User', 'Remote-Groups', 'X-Consumer-Username', 'X-Consumer-Id', 'X-Credential-Identifier', 'X-Userinfo', 'X-Id-Token',
  'X-Access-Token', 'X-Webauth-User', 'X-Authenticated-Userid', 'X-Ssl-Client-Dn', 'Ssl-Client-Cert', 'Client-Cert', 'Client-Cert-Chain', 'X-Forwarded-Client-Cert', 'X-Forwarded-User', 'X-Amzn-Oidc-Identity',
  'X-Goog-Authenticated-User-Email', 'X-Ms-Client-Principal', 'Txn-Token']

/** One name as different clients, proxies and attackers would write it. */
function spellings (name: string): string[] {
  const swapped = [...name].map((letter, i) => i % 2 === 0 ? letter.toUpperCase() : letter.toLowerCase()).join('')
  const lower = name.toLowerCase()
  return [name, lower, name.toUpperCase(), swapped, ...['_', '.', '~'].flatMap(other => [lower.replaceAll('-', other), lower.replace('-', other)])]
}

/** Requests that carry the name as a header or as something that a server may take for one. */
function requests (name: string, credential: string): string[] {
  const head = (path: string, fields: string) => `GET ${path} HTTP/1.1\r\nHost: gw.test\r\n${credential}${fields}\r\n`
  const field = `${name}: ${LIE}\r\n`
  return [
    head('/x', field),
    head('/x', field + field),
    head('/x', `${name}:${LIE}\r\nX-Other: 1\r\n`),
    head('/x', `Connection: ${name}\r\n${field}`),
    head('/x', `Connection: keep-alive, X-Other\r\n${field}`),
    head('/x', `X-Other: 1\r\n ${field}`),
    head('/x', `${name} : ${LIE}\r\n`),
    head('http://gw.test/x', field),
    `GET /x HTTP/1.0\r\nHost: gw.test\r\n${credential}${field}\r\n`,
    `POST /x HTTP/1.1\r\nHost: gw.test\r\n${credential}Content-Length: 2\r\n${field}\r\nhi`,
    `POST /x HTTP/1.1\r\nHost: gw.test\r\n${credential}Transfer-Encoding: chunked\r\nTrailer: ${name}\r\n\r\n2\r\nhi\r\n0\r\n${field}\r\n`,
    `POST /x HTTP/1.1\r\nHost: gw.test\r\n${credential}Transfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n2\r\nhi\r\n0\r\n${field}X-Sum: 1\r\n\r\n`
  ]
}

const lies = ({ fields, trailers }: Received): string[] => [...fields, ...trailers ?? []].filter(([, value]) => value.includes(LIE)).map(([name]) => name)

/** A protected and an anonymous route, one that mints under a name of its own, and one that any of them can be taken for. */
async function start (t: Test) {
  const { jwk, tokens } = benchTokens(1)
  const upstream = await rawUpstream(t)
  const to = (id: string, filters: readonly unknown[]) => ({ id, predicates: [{ path: `/${id}/**` }], filters, upstream: upstream.url })
  const { port } = await startGateway(t, {
    filters: [authenticate, passport, sanitize],
    gateway: { accessLog: false, session: {}, limits: { requestsPerConnection: 100_000 } },
    issuers: { main: { issuer: ISSUER, audiences: [AUDIENCE], algorithms: ['RS256'], keys: [jwk] } },
    keyRings: { passport: 'ephemeral', session: 'ephemeral' },
    routes: [
      to('protected', ['authenticate', { passport: { audience: 'orders' } }]),
      to('elsewhere', [{ passport: { audience: 'orders', header: 'X-Identity' } }]),
      to('optional', [{ authenticate: { optional: true } }]),
      { id: 'anonymous', predicates: [{ path: '/**' }], upstream: upstream.url }
    ]
  })
  return { port, upstream, token: tokens[0]! }
}

const SPELLINGS = spellings('X-A').length
const ROUTES = ['/protected/x', '/elsewhere/x', '/optional/x', '/x']

t.test('no spelling of a name that the gateway owns reaches upstream, on any route', async t => {
  const { port, upstream, token } = await start(t)
  let sent = 0
  for (const [i, name] of [...OWNED, ...WRITTEN, ...ELSEWHERE].flatMap(spellings).entries()) {
    // What the gateway owns on every route; of the others each spelling on one, taking turns
    for (const path of i < (OWNED.length + WRITTEN.length) * SPELLINGS ? ROUTES : [ROUTES[i % ROUTES.length]!]) {
      const credential = path.startsWith('/protected') ? `Authorization: Bearer ${token}\r\n` : ''
      const all = requests(name, credential).map(request => request.replace('/x HTTP', `${path} HTTP`))
      await Promise.all(all.map(async request => {
        const client = await rawClient(t, port)
        const { status } = await client.send(request).answer()
        client.socket.destroy()
        sent++
        if (![200, 400, 401, 431].includes(status)) t.fail(`${status} to ${JSON.stringify(request)}`)
      }))
    }
  }
  t.same(upstream.requests.flatMap(lies), [], `of ${sent} requests, ${upstream.requests.length} of which went upstream`)
  t.ok(upstream.requests.length > sent / 10, 'many of them are let through, without the lie')
  t.ok(upstream.requests.every(request => /^(GET|POST) \//.test(request.start)), 'and each as one request')
  t.same(upstream.leftovers, [])
})

t.test('upstream gets one passport, the gateway\'s, whatever the client sends', async t => {
  const { port, upstream, token } = await start(t)
  const client = await rawClient(t, port)
  const authorization = `Authorization: Bearer ${token}\r\n`
  await client.ask(`GET /protected/x HTTP/1.1\r\nHost: gw.test\r\n${authorization}X-Passport: ${LIE}\r\nx-passport: ${LIE}\r\nConnection: x-passport\r\n\r\n`)
  await client.ask(`GET /elsewhere/x HTTP/1.1\r\nHost: gw.test\r\nX-Identity: ${LIE}\r\n\r\n`)
  const [first, second] = upstream.requests
  t.match(first!.fields.filter(([name]) => name.toLowerCase().includes('passport')), [['x-passport', /^eyJ[\w-]+\.[\w-]+\.[\w-]+$/]])
  t.equal(first!.fields.filter(([name]) => name.toLowerCase().includes('passport')).length, 1)
  t.equal(first!.header('authorization'), undefined, 'the credential stays here')
  t.match(second!.fields.filter(([name]) => name.toLowerCase().includes('identity')), [['x-identity', /^eyJ/]])
})

t.test('the gateway\'s own cookies never reach upstream', async t => {
  const { port, upstream } = await start(t)
  const client = await rawClient(t, port)
  for (const cookie of [`${SECRET_COOKIE}=${LIE}`, `a=1; ${SECRET_COOKIE}=${LIE}; b=2`, `${SECRET_COOKIE}.0=${LIE};${SECRET_COOKIE}.1=${LIE}`, `a=1;\t${SECRET_COOKIE} = ${LIE}`, `${SECRET_COOKIE}.login=${LIE}`]) {
    await client.ask(`GET /x HTTP/1.1\r\nHost: gw.test\r\nCookie: ${cookie}\r\nCookie: c=3\r\n\r\n`)
  }
  t.same(upstream.requests.flatMap(lies), [])
  t.same(upstream.requests.map(({ fields }) => fields.filter(([name]) => name === 'cookie').map(([, value]) => value)), [['c=3'], ['a=1; b=2', 'c=3'], ['c=3'], ['a=1', 'c=3'], ['c=3']])
})
