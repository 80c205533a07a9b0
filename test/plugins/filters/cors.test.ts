import t from 'tap'
import cors from '../../../plugins/filters/cors/index.ts'
import { Table } from '../../../src/plan/table.ts'
import { exchange, fakeRandom, mount, reply, type MountOptions, type TestRequest } from '../../../src/testing/index.ts'

const APP = 'https://app.example.com'
const VARY = 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers'

/** One request through the filter; `asked` is whether upstream was. */
async function send (config: unknown, request: TestRequest, upstream: Record<string, string | string[]> = {}, options: MountOptions = {}) {
  let asked = false
  const { call, decisions } = mount(cors, config, async () => {
    asked = true
    return reply({ headers: upstream })
  }, options)
  const { status, reply: { code, headers } } = await call(request)
  return { status, code, asked, decisions, headers: Object.fromEntries(headers), list: headers }
}

const preflight = (method: string, headers: string | null = null, origin = APP, more: Record<string, string> = {}): TestRequest => ({
  method: 'OPTIONS',
  headers: { origin, 'access-control-request-method': method, ...(headers !== null && { 'access-control-request-headers': headers }), ...more }
})
const from = (origin: string, method = 'GET'): TestRequest => ({ method, headers: { origin } })

t.test('preflights', async t => {
  t.test('answers one that is allowed without asking upstream', async t => {
    const { status, headers, asked, decisions } = await send(APP, preflight('POST'))
    t.equal(status, 204)
    t.same(headers, {
      'access-control-allow-origin': APP,
      'access-control-allow-methods': 'GET, HEAD, POST',
      'access-control-max-age': '1800',
      vary: VARY
    })
    t.notOk(asked)
    t.equal(decisions('answered'), 1)
  })

  t.test('says all that is configured', async t => {
    const config = { origins: APP, methods: ['PUT', 'DELETE'], headers: ['Content-Type', 'X-A'], exposedHeaders: 'X-B', credentials: true, maxAge: '90500ms' }
    const { headers } = await send(config, preflight('PUT', 'x-a, CONTENT-TYPE'))
    t.same(headers, {
      'access-control-allow-origin': APP,
      'access-control-allow-credentials': 'true',
      'access-control-allow-methods': 'PUT, DELETE',
      'access-control-allow-headers': 'Content-Type, X-A',
      'access-control-max-age': '90',
      vary: VARY
    })
  })

  t.test('repeats method and headers where all are allowed', async t => {
    const { headers } = await send({ origins: '*', methods: '*', headers: '*' }, preflight('PATCH', 'X-A,, x-b '))
    t.match(headers, { 'access-control-allow-origin': '*', 'access-control-allow-methods': 'PATCH', 'access-control-allow-headers': 'x-a, x-b' })
    t.notOk('access-control-allow-headers' in (await send({ origins: '*', headers: '*' }, preflight('GET'))).headers)
  })

  t.test('takes * not for Authorization, which has to be named', async t => {
    t.equal((await send({ origins: '*', headers: '*' }, preflight('GET', 'authorization'))).status, 403)
    t.equal((await send({ origins: '*', headers: ['*', 'Authorization'] }, preflight('GET', 'authorization, x-a'))).headers['access-control-allow-headers'], 'authorization, x-a')
  })

  for (const [what, config, request] of [
    ['an origin', APP, preflight('GET', null, 'https://evil.example')],
    ['a method', APP, preflight('DELETE')],
    ['a method in other case', APP, preflight('get')],
    ['a header', APP, preflight('GET', 'x-a')],
    ['one of several headers', { origins: APP, headers: 'X-A' }, preflight('GET', 'x-a, x-b')],
    ['a method that is none', { origins: '*', methods: '*' }, preflight('A B')],
    ['an empty method', { origins: '*', methods: '*' }, preflight('')],
    ['a header that is none', { origins: '*', headers: '*' }, preflight('GET', 'x a')]
  ] as const) {
    t.test(`refuses one that asks for ${what} not allowed`, async t => {
      const { status, code, asked, headers, decisions } = await send(config, request)
      t.equal(status, 403)
      t.equal(code, 'GW_CORS_REFUSED')
      t.notOk(asked)
      t.equal(decisions('refused'), 1)
      t.notOk(Object.keys(headers).some(name => name.startsWith('access-control-')))
    })
  }

  t.test('lets in the private network only where it may and the browser asks', async t => {
    const network = { 'access-control-request-private-network': 'true' }
    t.equal((await send({ origins: APP, privateNetwork: true }, preflight('GET', null, APP, network))).headers['access-control-allow-private-network'], 'true')
    t.notOk('access-control-allow-private-network' in (await send({ origins: APP, privateNetwork: true }, preflight('GET'))).headers)
    t.notOk('access-control-allow-private-network' in (await send(APP, preflight('GET', null, APP, network))).headers)
  })

  t.test('never reaches upstream, from the gateway\'s own origin either', async t => {
    const { status, asked } = await send(APP, { ...preflight('GET', null, 'http://gateway.test'), host: 'gateway.test' })
    t.equal(status, 204)
    t.notOk(asked)
  })

  t.test('takes OPTIONS without a method to come for a request like any other', async t => {
    t.ok((await send({ origins: APP, methods: 'OPTIONS' }, from(APP, 'OPTIONS'))).asked)
    t.ok((await send(APP, { method: 'OPTIONS', headers: { 'access-control-request-method': 'GET' } })).asked)
  })

  t.test('find the route of the method they ask about', async t => {
    const { plan } = mount(cors, APP)
    t.ok(plan.answersPreflight)
    t.equal(new Table([plan], fakeRandom()).find(exchange(preflight('GET'))), plan)
  })
})

t.test('requests', async t => {
  t.test('lets an allowed origin read the reply', async t => {
    const { headers, asked } = await send({ origins: [APP, 'https://b.example'], exposedHeaders: ['X-A', 'X-B'], credentials: true }, from(APP))
    t.ok(asked)
    t.same(headers, {
      'access-control-allow-origin': APP,
      'access-control-allow-credentials': 'true',
      'access-control-expose-headers': 'X-A, X-B',
      vary: 'Origin'
    })
  })

  for (const request of [from('https://evil.example'), from('null'), from(''), from(`${APP}/`), from(`${APP}, ${APP}`), from(APP, 'DELETE'), { headers: { origin: [APP, APP] } }] satisfies TestRequest[]) {
    t.test(`refuses ${request.method ?? 'GET'} from ${JSON.stringify(request.headers!.origin)}`, async t => {
      const { status, code, asked, headers } = await send(APP, request)
      t.equal(status, 403)
      t.equal(code, 'GW_CORS_REFUSED')
      t.notOk(asked)
      t.equal(headers['vary'], 'Origin')
      t.notOk('access-control-allow-origin' in headers)
    })
  }

  t.test('lets every origin read the same reply where all are allowed', async t => {
    for (const config of [{ origins: '*', exposedHeaders: '*' }, { originPatterns: '*', exposedHeaders: '*' }]) {
      for (const request of [from(APP), from('null'), {}]) {
        t.same((await send(config, request)).headers, { 'access-control-allow-origin': '*', 'access-control-expose-headers': '*' })
      }
    }
  })

  t.test('replaces what upstream says about CORS and keeps the rest', async t => {
    const upstream = {
      'access-control-allow-origin': ['*', 'https://evil.example'],
      'access-control-allow-credentials': 'true',
      'access-control-expose-headers': 'X-Z',
      'access-control-allow-methods': 'DELETE',
      'access-control-allow-headers': 'X-Z',
      'access-control-max-age': '1',
      'access-control-allow-private-network': 'true',
      etag: '"1"'
    }
    t.same((await send(APP, from(APP), upstream)).headers, { 'access-control-allow-origin': APP, etag: '"1"', vary: 'Origin' })
    t.same((await send(APP, {}, upstream)).headers, { etag: '"1"', vary: 'Origin' })
    t.same((await send('*', {}, upstream)).headers, { 'access-control-allow-origin': '*', etag: '"1"' })
  })

  for (const [vary, expected] of [
    [[], ['Origin']],
    [['Accept-Encoding'], ['Accept-Encoding, Origin']],
    [['Accept', 'Accept-Encoding'], ['Accept, Accept-Encoding, Origin']],
    [['accept, ORIGIN'], ['accept, ORIGIN']],
    [['*'], ['*']],
    [[''], ['Origin']]
  ] as const) {
    t.test(`makes Vary ${expected} of ${JSON.stringify(vary)}`, async t => {
      t.same((await send(APP, from(APP), { vary: [...vary] })).list.all('vary'), expected)
    })
  }

  t.test('from the gateway\'s own origin pass, whatever their method', async t => {
    for (const [origin, request] of [
      ['http://gateway.test', {}],
      ['http://gateway.test', { host: 'GATEWAY.test:80' }],
      ['https://gateway.test', { scheme: 'https', host: 'gateway.test:443' }],
      ['http://gateway.test:8080', { host: 'gateway.test:8080' }]
    ] as const) {
      const { status, headers } = await send(APP, { ...request, method: 'DELETE', headers: { origin } })
      t.equal(status, 200, origin)
      t.same(headers, { vary: 'Origin' })
    }
    t.equal((await send(APP, { scheme: 'https', headers: { origin: 'http://gateway.test' } })).status, 403)
    t.equal((await send(APP, { host: 'gateway.test:8080', headers: { origin: 'http://gateway.test' } })).status, 403)
  })

  t.test('are marked as they came, whatever later filters do to their headers', async t => {
    const { call } = mount(cors, APP, async x => {
      x.headers.delete('origin')
      return reply()
    })
    t.equal((await call(from(APP))).reply.headers.get('access-control-allow-origin'), APP)
  })

  t.test('that would be refused keep upstream\'s own reply where the filter only reports', async t => {
    const upstream = { 'access-control-allow-origin': '*' }
    for (const request of [from('https://evil.example'), preflight('DELETE')]) {
      const { asked, headers, decisions } = await send(APP, request, upstream, { report: true })
      t.ok(asked)
      t.same(headers, { 'access-control-allow-origin': '*', vary: 'Origin' })
      t.equal(decisions('would-refuse'), 1)
    }
  })
})

t.test('config', async t => {
  const wrong = (config: unknown, pointer: string, code = 'GW_CONFIG_INVALID') =>
    t.throws(() => mount(cors, config), { errors: [{ code, pointer: `/cors${pointer}` }] }, JSON.stringify(config))
  wrong(null, '')
  wrong({ credentials: true }, '')
  for (const origin of ['https://a.example/', 'https://a.example/x', 'a.example', 'https://', 'https://*.example.com', 'https://a.example?x', 'https://u@a.example']) wrong({ origins: [origin] }, '/origins/0')
  for (const origin of ['https://*.example.com/', '*.example.com', 'https://*.example.com:[', 'https://*.example.com:[]', 'https://*.example.com:[80,]', 'https://(a|b).example.com']) wrong({ originPatterns: [origin] }, '/originPatterns/0')
  for (const origin of ['https://*example.com', 'https://*-app.com', 'https://example.*', 'https://*.*', 'https://a*', 'https://*.example.com.', 'https://*..com']) {
    wrong({ originPatterns: ['https://a.example.com', origin] }, '/originPatterns/1')
  }
  wrong({ origins: ['*', APP] }, '/origins', 'GW_CONFIG_NO_EFFECT')
  wrong({ origins: APP, originPatterns: '*' }, '/originPatterns', 'GW_CONFIG_NO_EFFECT')
  for (const all of [{ origins: '*' }, { originPatterns: '*' }, { originPatterns: 'https://*' }, { originPatterns: 'http://*:[*]' }, { origins: [APP, 'null'] }]) {
    wrong({ ...all, credentials: true }, '/credentials')
    wrong({ ...all, privateNetwork: true }, '/privateNetwork')
  }
  wrong({ origins: APP, methods: ['get'] }, '/methods/0')
  wrong({ origins: APP, methods: [] }, '/methods')
  wrong({ origins: APP, methods: ['*', 'GET'] }, '/methods/1', 'GW_CONFIG_NO_EFFECT')
  wrong({ origins: APP, headers: ['X A'] }, '/headers/0')
  wrong({ origins: APP, headers: ['X-A', '*'] }, '/headers/0', 'GW_CONFIG_NO_EFFECT')
  wrong({ origins: APP, exposedHeaders: ['*', 'X-A'] }, '/exposedHeaders/1', 'GW_CONFIG_NO_EFFECT')
  wrong({ origins: APP, exposedHeaders: '*', credentials: true }, '/exposedHeaders', 'GW_CONFIG_NO_EFFECT')
  wrong({ origins: APP, maxAge: 1800 }, '/maxAge')
})
