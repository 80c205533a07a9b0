import t from 'tap'
import { IssuerError } from '../../../../src/contract/identity.ts'
import { OutboundError } from '../../../../src/contract/outbound.ts'
import type { TestAnswer } from '../../../../src/testing/index.ts'
import { gatewayAt, ISSUER, TOKENS } from './gateway.ts'

const json = (error: string, status = 400): TestAnswer => ({ status, body: { error, error_description: 'secret-of-the-issuer' } })
for (const [name, answer, expected] of [
  ['an error of the grant', json('invalid_grant'), { kind: 'refused', error: 'invalid_grant' }],
  ['an error of the client', json('invalid_client', 401), { kind: 'refused', error: 'invalid_client' }],
  ['a challenge', { ...json('invalid_client', 401), headers: { 'content-type': 'application/json', 'www-authenticate': 'Basic realm="a"' } }, { kind: 'refused', error: 'invalid_client' }],
  ['a challenge with its error', { status: 401, headers: { 'www-authenticate': 'Bearer, Bearer error="invalid_token"' } }, { kind: 'refused', error: 'invalid_token' }],
  ['an error that is no code', json('a"b\n'), { kind: 'refused', error: null }],
  ['an endless error', json('a'.repeat(65)), { kind: 'refused', error: null }],
  ['slow down', json('slow_down'), { kind: 'unavailable', error: 'slow_down' }],
  ['too many requests', json('invalid_request', 429), { kind: 'unavailable' }],
  ['a server error', json('server_error', 500), { kind: 'unavailable' }],
  ['an unavailable gateway', { status: 502, body: '<html>' }, { kind: 'unavailable' }],
  ['a redirect', { status: 302, headers: { location: 'https://evil.test/' } }, { kind: 'unavailable' }],
  ['nothing', { status: 204 }, { kind: 'unavailable' }],
  ['a page', { headers: { 'content-type': 'text/html' }, body: '<html>' }, { kind: 'unavailable' }],
  ['broken JSON', { body: '{"access_token":"at"' }, { kind: 'unavailable' }],
  ['a list', { body: [] }, { kind: 'unavailable' }],
  ['no token', { body: { token_type: 'bearer' } }, { kind: 'unavailable' }],
  ['a time that is none', { body: { ...TOKENS, expires_in: 'soon' } }, { kind: 'unavailable' }],
  ['a status that is none', { status: 999 }, { kind: 'unavailable' }]
] as const satisfies readonly (readonly [string, TestAnswer, object])[]) {
  t.test(`an issuer that answers with ${name}`, async t => {
    const error = await gatewayAt(() => answer).client.refresh('the-refresh-token').catch((error: unknown) => error) as IssuerError
    t.ok(error instanceof IssuerError)
    t.match(error, expected)
    t.notMatch(`${error.message} ${JSON.stringify(error)} ${String(error.cause)}`, /secret|the-refresh-token/)
  })
}

t.test('an issuer that cannot be asked is unavailable', async t => {
  for (const fault of ['timeout', 'unreachable', 'too-large', 'tls', 'offline'] as const) {
    const { client: gateway } = gatewayAt(() => { throw new OutboundError(fault, `${fault}!`) })
    await t.rejects(gateway.refresh('rt'), { name: 'IssuerError', kind: 'unavailable', error: null, message: `refresh at ${ISSUER}: ${fault}!`, cause: { fault } })
  }
  const { client: gateway } = gatewayAt(() => { throw new Error('bug') })
  await t.rejects(gateway.refresh('rt'), { name: 'IssuerError', kind: 'unavailable' })
})
