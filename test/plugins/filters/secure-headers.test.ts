import t from 'tap'
import secureHeaders from '../../../plugins/filters/secure-headers/index.ts'
import { problem } from '../../../src/contract/index.ts'
import { mount } from '../../../src/testing/index.ts'

const sent = async (config?: unknown, upstream: Record<string, string | string[]> = {}, scheme: 'http' | 'https' = 'https') =>
  Object.fromEntries((await mount(secureHeaders, config, { headers: upstream }).call({ scheme })).reply.headers)
const at = (pointer: string, code = 'GW_CONFIG_INVALID') => ({ errors: [{ code, pointer: `/secure-headers${pointer}` }] })

t.test('adds the usual headers', async t => {
  t.same(await sent(), {
    'strict-transport-security': 'max-age=31536000',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'referrer-policy': 'strict-origin-when-cross-origin',
    'content-security-policy': "default-src 'self'; base-uri 'self'; form-action 'self'; object-src 'none'",
    'x-permitted-cross-domain-policies': 'none',
    'x-download-options': 'noopen',
    'x-xss-protection': '0'
  })
})

t.test('sends Strict-Transport-Security over https alone', async t => {
  const headers = await sent(undefined, {}, 'http')
  t.notOk('strict-transport-security' in headers)
  t.equal(headers['x-frame-options'], 'DENY')
})

t.test('marks replies of the gateway too', async t => {
  const { call } = mount(secureHeaders, null, async x => problem('GW_NO_ENDPOINT', x.id))
  t.equal((await call()).reply.headers.get('x-frame-options'), 'DENY')
})

t.test('leaves what the upstream sent', async t => {
  t.equal((await sent(null, { 'x-frame-options': 'SAMEORIGIN' }))['x-frame-options'], 'SAMEORIGIN')
})

t.test('replaces what the upstream sent when told so', async t => {
  const { call } = mount(secureHeaders, { override: true }, { headers: { 'x-frame-options': ['SAMEORIGIN', 'ALLOWALL'] } })
  t.same((await call()).reply.headers.all('x-frame-options'), ['DENY'])
})

for (const [key, header] of Object.entries({
  strictTransportSecurity: 'strict-transport-security',
  contentTypeOptions: 'x-content-type-options',
  frameOptions: 'x-frame-options',
  referrerPolicy: 'referrer-policy',
  contentSecurityPolicy: 'content-security-policy',
  permittedCrossDomainPolicies: 'x-permitted-cross-domain-policies',
  downloadOptions: 'x-download-options',
  xssProtection: 'x-xss-protection'
})) {
  t.test(`${key} is the value of ${header}, which can be disabled`, async t => {
    t.equal((await sent({ [key]: 'mine' }))[header], 'mine')
    const less = await sent({ disable: header })
    t.notOk(header in less)
    t.equal(Object.keys(less).length, 7)
    t.throws(() => mount(secureHeaders, { [key]: 'mine', disable: header }), at(`/${key}`, 'GW_CONFIG_NO_EFFECT'))
  })
}

for (const [key, header, usual] of [
  ['permissionsPolicy', 'permissions-policy', 'camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()'],
  ['crossOriginOpenerPolicy', 'cross-origin-opener-policy', 'same-origin'],
  ['crossOriginResourcePolicy', 'cross-origin-resource-policy', 'same-origin']
] as const) {
  t.test(`${header} is sent where it is enabled or has a value`, async t => {
    t.equal((await sent({ enable: header }))[header], usual)
    t.equal((await sent({ [key]: 'mine' }))[header], 'mine')
    t.equal((await sent({ [key]: 'mine', enable: [header] }))[header], 'mine')
  })
}

t.test('names what is wrong in the lists', async t => {
  t.throws(() => mount(secureHeaders, { disable: ['x-frame-options', 'frame-options'] }), at('/disable/1'))
  t.throws(() => mount(secureHeaders, { disable: 'permissions-policy' }), at('/disable'))
  t.throws(() => mount(secureHeaders, { enable: 'x-frame-options' }), at('/enable'))
  t.throws(() => mount(secureHeaders, { enable: 'permissions-policy', disable: 'permissions-policy' }), at('/disable'))
  t.throws(() => mount(secureHeaders, { disable: 'x-fram-options' }), { errors: [{ detail: /x-frame-options/ }] })
})

t.test('refuses to do nothing', async t => {
  const all = Object.keys(await sent())
  t.throws(() => mount(secureHeaders, { disable: all }), at('/disable', 'GW_CONFIG_NO_EFFECT'))
  t.doesNotThrow(() => mount(secureHeaders, { disable: all, enable: 'permissions-policy' }))
})

t.test('refuses values that are none', async t => {
  t.throws(() => mount(secureHeaders, { frameOptions: '' }), at('/frameOptions'))
  t.throws(() => mount(secureHeaders, { permissionsPolicy: 'a\nb' }), at('/permissionsPolicy'))
})

const { toConfig } = secureHeaders.spring!

t.test('keeps Spring\'s defaults that pages may need, and no others', async t => {
  const headers = await sent(toConfig!({}))
  t.equal(headers['referrer-policy'], 'no-referrer')
  t.match(headers['content-security-policy'], /style-src 'self' https: 'unsafe-inline'$/)
  t.equal(headers['x-xss-protection'], '0')
  t.equal(headers['strict-transport-security'], 'max-age=31536000')
})

t.test('reads Spring\'s arguments in either case', async t => {
  const headers = await sent(toConfig!({ 'xss-protection-header': '1', frameOptions: 'SAMEORIGIN', 'permissions-policy': 'usb=()', 'content-security-policy': "default-src 'none'", disable: 'Referrer-Policy, X-Download-Options' }))
  t.match(headers, { 'x-xss-protection': '1', 'x-frame-options': 'SAMEORIGIN', 'permissions-policy': 'usb=()', 'content-security-policy': "default-src 'none'" })
  t.notOk('referrer-policy' in headers)
  t.notOk('x-download-options' in headers)
  t.ok('permissions-policy' in await sent(toConfig!({ enable: ['Permissions-Policy'] })))
  t.throws(() => mount(secureHeaders, toConfig!({ frame: 'x' })), at('/frame', 'GW_CONFIG_UNKNOWN_KEY'))
})
