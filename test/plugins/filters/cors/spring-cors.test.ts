import t from 'tap'
import cors from '../../../../plugins/filters/cors/index.ts'
import { mount } from '../../../../src/testing/index.ts'

const APP = 'https://app.example.com'
const toConfig = cors.spring!.toConfig! as (args: object) => object

async function preflight (config: object, method: string, asked = '') {
  const headers = { origin: APP, 'access-control-request-method': method, 'access-control-request-headers': asked }
  const { status, reply } = await mount(cors, config).call({ method: 'OPTIONS', headers })
  return { status, headers: Object.fromEntries(reply.headers) }
}

t.test('reads Spring\'s metadata.cors in camel case and in kebab case', async t => {
  const expected = {
    origins: [APP, 'https://b.example'],
    originPatterns: ['https://*.example.com:[80,81]', 'http://localhost:[*]'],
    methods: ['GET', 'PUT'],
    headers: ['X-A'],
    exposedHeaders: ['X-B', 'X-C'],
    credentials: true,
    maxAge: '600s',
    privateNetwork: false
  }
  t.same(toConfig({
    allowedOrigins: [`${APP}/`, 'https://b.example'],
    allowedOriginPatterns: 'https://*.example.com:[80,81], http://localhost:[*]',
    allowedMethods: ['GET', 'PUT'],
    allowedHeaders: 'X-A',
    exposedHeaders: ['X-B', 'X-C'],
    allowCredentials: true,
    maxAge: 600,
    allowPrivateNetwork: 'false'
  }), expected)
  t.same(toConfig({
    'allowed-origins': `${APP},https://b.example`,
    'allowed-origin-patterns': ['https://*.example.com:[80,81]', 'http://localhost:[*]/'],
    'allowed-methods': 'GET, PUT',
    'allowed-headers': ['X-A'],
    'exposed-headers': 'X-B,X-C',
    'allow-credentials': 'TRUE',
    'max-age': '600',
    'allow-private-network': false
  }), expected)
  t.doesNotThrow(() => mount(cors, expected))
})

t.test('takes Spring\'s default methods', async t => {
  t.equal((await preflight(toConfig({ allowedOrigins: APP }), 'GET')).headers['access-control-allow-methods'], 'GET, HEAD')
  t.equal((await preflight(toConfig({ allowedOrigins: APP }), 'POST')).status, 403)
})

t.test('reads * as all, whatever stands beside it', async t => {
  const config = toConfig({ allowedOrigins: ['*', APP], allowedOriginPatterns: 'http://*.a.example', allowedMethods: ['GET', '*'], allowedHeaders: '*', exposedHeaders: ['*', 'X-A'] })
  const { headers } = await preflight(config, 'DELETE', 'authorization, x-a')
  t.match(headers, { 'access-control-allow-origin': '*', 'access-control-allow-methods': 'DELETE', 'access-control-allow-headers': 'authorization, x-a' })
  t.match(toConfig({ allowedOriginPatterns: ['*'] }), { origins: ['*'] })
})

t.test('keeps what it does not know, for an error to name', async t => {
  const wrong = (args: object, pointer: string, code = 'GW_CONFIG_INVALID') =>
    t.throws(() => mount(cors, toConfig({ allowedOrigins: APP, ...args })), { errors: [{ code, pointer: `/cors${pointer}` }] })
  wrong({ 'allowed-origin': APP }, '/allowedOrigin', 'GW_CONFIG_UNKNOWN_KEY')
  wrong({ allowCredentials: 'maybe' }, '/credentials')
  wrong({ maxAge: 'long' }, '/maxAge')
  wrong({ allowedOrigins: '*', allowCredentials: true }, '/credentials')
  t.match(toConfig({ maxAge: -1 }), { maxAge: '0s' })
})
