import t from 'tap'
import cors from '../../../../plugins/filters/cors/index.ts'
import { mount } from '../../../../src/testing/index.ts'

const APP = 'https://app.example.com'
const accepts = async (config: unknown, origin: string) => (await mount(cors, config).call({ headers: { origin } })).status === 200

for (const [origin, yes, no] of [
  [APP, [APP, 'HTTPS://APP.example.com', `${APP}:443`], ['http://app.example.com', `${APP}:8443`, 'https://app.example.com.evil.example', 'https://xapp.example.com']],
  ['https://App.example.com:443', [APP], [`${APP}:8443`]],
  ['http://localhost:3000', ['http://localhost:3000'], ['http://localhost', 'http://localhost:30000']],
  ['http://[::1]:3000', ['http://[::1]:3000'], ['http://[::1]']],
  ['capacitor://localhost', ['capacitor://localhost'], ['http://localhost']],
  ['null', ['null'], [APP]]
] as const) {
  t.test(`${origin} is that origin alone`, async t => {
    for (const one of yes) t.ok(await accepts({ origins: origin }, one), one)
    for (const one of no) t.notOk(await accepts({ origins: origin }, one), one)
  })
}

for (const [origin, yes, no] of [
  ['https://*.example.com', ['https://a.example.com', 'https://a.b.example.com', 'https://A-1.EXAMPLE.com', 'https://a_b.example.com'],
    ['https://example.com', 'https://.example.com', 'https://a..example.com', 'https://evil.com/.example.com', 'https://evil.com?.example.com', 'https://evil.com#.example.com',
      'https://evil.com:1.example.com', 'https://evil.com@a.example.com', 'https://evil.com,https://a.example.com', 'https://a.example.com.evil.com', 'https://a.example.comx',
      'https://aXexample.com', 'http://a.example.com', 'https://a.example.com:8443', 'https://evil.com\\.example.com', 'https://a b.example.com', 'null']],
  ['https://*.example.com:[*]', ['https://a.example.com', 'https://a.example.com:8443'], ['https://a.example.com:', 'https://a.example.com:x', 'https://a.example.com:123456', 'https://a.example.com:1/']],
  ['http://localhost:*', ['http://localhost', 'http://localhost:3000'], ['http://localhost.evil.com', 'https://localhost']],
  ['http://*.localhost:[3000,3001]', ['http://a.localhost:3000', 'http://a.localhost:3001'], ['http://a.localhost', 'http://a.localhost:30', 'http://a.localhost:3002']],
  ['https://a.example.com:[443,8443]', ['https://a.example.com', 'https://a.example.com:8443'], ['https://a.example.com:80']],
  ['https://a.example.com:8443', ['https://a.example.com:8443'], ['https://a.example.com']],
  ['https://pr-*.example.com', ['https://pr-7.example.com', 'https://pr-.example.com'], ['https://pr-7.x.example.com', 'https://xpr-7.example.com']],
  ['https://*.dev.*.example.com', ['https://a.dev.b.example.com'], ['https://a.dev.example.com', 'https://a.b.example.com']],
  ['https://*', ['https://a', 'https://a.example.com', 'https://[::1]'], ['http://a', 'https://a:1', 'https://a/b']],
  ['http://[::1]:[*]', ['http://[::1]', 'http://[::1]:3000'], ['http://[::2]']],
  ['app+x://*.example.com', ['app+x://a.example.com'], ['appx://a.example.com', 'apppx://a.example.com']]
] as const) {
  t.test(`${origin} is each origin it stands for`, async t => {
    for (const one of yes) t.ok(await accepts({ originPatterns: origin }, one), one)
    for (const one of no) t.notOk(await accepts({ originPatterns: origin }, one), one)
  })
}

t.test('origins of both kinds go together', async t => {
  const config = { origins: 'https://example.com', originPatterns: ['https://*.example.com', 'http://localhost:[*]'] }
  for (const origin of ['https://example.com', 'https://a.example.com', 'http://localhost:1']) t.ok(await accepts(config, origin), origin)
})
