import t from 'tap'
import version from '../../../plugins/predicates/version/index.ts'
import { mount } from '../../../src/testing/index.ts'

for (const [config, sent, expected] of [
  ['1.2', '1.2', true],
  ['1.2', '1.2.0', true],
  ['1.2', 'v1.2', true],
  ['1.2', '1.3', false],
  ['1.2', '1.2.1', false],
  ['1', '1.0.0', true],
  ['v1', 'V1', true],
  ['1.2.3', '1.2.3', true],
  ['1.2.3', '1.2', false],
  ['1.10', '1.1', false],
  ['1.2+', '1.2', true],
  ['1.2+', '1.2.1', true],
  ['1.2+', '1.10', true],
  ['1.2+', '2', true],
  ['1.2+', '1.1.9', false],
  ['1.2+', '0.9', false],
  ['1.2.3+', '1.2.2', false],
  ['1+', '', false],
  ['1+', 'latest', false],
  ['1+', '1.2.3.4', false],
  ['1+', '1.', false],
  ['1+', '-1', false],
  ['1+', '1e3', false],
  ['1+', '1.2+', false],
  ['1+', 'vv1', false],
  ['1+', '1'.repeat(8000), false],
  ['1+', '\u00b2', false]
] as const) {
  t.test(`${config} ${expected ? 'takes' : 'leaves'} ${sent.slice(0, 20)}`, async t => {
    t.equal(await mount(version, config).match({ headers: { 'api-version': sent } }), expected)
  })
}

for (const [config, request, expected] of [
  [{ version: '2' }, { headers: { 'API-Version': '2' } }, true],
  [{ version: '2', header: 'X-Version' }, { headers: { 'x-version': '2' } }, true],
  [{ version: '2', header: 'X-Version' }, { headers: { 'api-version': '2' } }, false],
  [{ version: '2' }, { headers: { 'api-version': ['2', '2'] } }, true],
  [{ version: '2' }, { headers: { 'api-version': ['2', '1'] } }, false],
  [{ version: '1' }, { headers: { 'api-version': ['2', '1'] } }, false],
  [{ version: '2' }, { headers: { 'api-version': '2, 1' } }, false],
  [{ version: '2', query: 'v' }, { target: '/?a=1&v=2' }, true],
  [{ version: '2', query: 'v' }, { target: '/?v=2&v=1' }, false],
  [{ version: '2', query: 'v' }, { target: '/', headers: { 'api-version': '2' } }, false],
  [{ version: '2', pathSegment: 0 }, { target: '/v2/orders' }, true],
  [{ version: '2', pathSegment: 0 }, { target: '/2' }, true],
  [{ version: '2', pathSegment: 1 }, { target: '/api/2/orders' }, true],
  [{ version: '2', pathSegment: 1 }, { target: '/2' }, false],
  [{ version: '2', pathSegment: 0 }, { target: '/health' }, false],
  [{ version: '2', mediaTypeParameter: 'version' }, { headers: { accept: 'application/json;version=2' } }, true],
  [{ version: '2', mediaTypeParameter: 'version' }, { headers: { accept: 'text/html, application/json; q=0.5; Version="2"' } }, true],
  [{ version: '2', mediaTypeParameter: 'Version' }, { headers: { accept: ['text/html', 'application/json;version=2'] } }, true],
  [{ version: '2', mediaTypeParameter: 'version' }, { headers: { accept: 'a/b;version=2, c/d;version=1' } }, false],
  [{ version: '2', mediaTypeParameter: 'version' }, { headers: { accept: 'a/b;title="x;version=2"' } }, false],
  [{ version: '2', mediaTypeParameter: 'version' }, { headers: { accept: 'a/b;title="\\";version=1";version=2' } }, true],
  [{ version: '2', mediaTypeParameter: 'version' }, { headers: { accept: '*/*', 'content-type': 'application/json;version=2' } }, true],
  [{ version: '2', mediaTypeParameter: 'version' }, { headers: { accept: 'a/b;version=1', 'content-type': 'a/b;version=2' } }, false],
  [{ version: '2', mediaTypeParameter: 'version' }, { headers: { accept: 'a/b;version' } }, false],
  [{ version: '2', mediaTypeParameter: 'version' }, { headers: { accept: 'version=2' } }, false]
] as const) {
  t.test(`${JSON.stringify(config)} ${expected ? 'takes' : 'leaves'} ${JSON.stringify(request)}`, async t => {
    t.equal(await mount(version, config).match(request), expected)
  })
}

for (const [config, request, expected] of [
  [{ version: '1' }, {}, false],
  [{ version: '1+' }, {}, false],
  [{ version: '1', default: '1.0' }, {}, true],
  [{ version: '1+', default: 'v3' }, {}, true],
  [{ version: '2', default: '1' }, {}, false],
  [{ version: '2', default: '1' }, { headers: { 'api-version': '2' } }, true],
  [{ version: '1', default: '1' }, { headers: { 'api-version': '2' } }, false],
  [{ version: '1', default: '1' }, { headers: { 'api-version': '' } }, false],
  [{ version: '1', default: '1' }, { headers: { 'api-version': 'x' } }, false],
  [{ version: '1', default: '1', query: 'v' }, { target: '/?w=2' }, true],
  [{ version: '1', default: '1', pathSegment: 1 }, { target: '/a/' }, true],
  [{ version: '1', default: '1', pathSegment: 0 }, { target: '/' }, true],
  [{ version: '1', default: '1', pathSegment: 0 }, { target: '/orders' }, false],
  [{ version: '1', default: '1', mediaTypeParameter: 'v' }, { headers: { accept: 'a/b;q=1' } }, true]
] as const) {
  t.test(`${JSON.stringify(config)} ${expected ? 'takes' : 'leaves'} ${JSON.stringify(request)} by its default`, async t => {
    t.equal(await mount(version, config).match(request), expected)
  })
}

t.test('reads hostile media types in linear time', async t => {
  const { match } = mount(version, { version: '1', mediaTypeParameter: 'version' })
  for (const accept of [';a="\\'.repeat(4000), ';a='.repeat(5000), `;${'a'.repeat(16000)}`, `;${' '.repeat(16000)}`, ';a="'.repeat(4001)]) {
    t.equal(await match({ headers: { accept } }), false)
  }
})

for (const [config, pointer] of [
  [null, ''],
  [1.2, ''],
  ['', ''],
  ['latest', ''],
  ['1.2.3.4', ''],
  ['1.2++', ''],
  ['1.x', ''],
  [{ version: '1', header: 'X Version' }, '/header'],
  [{ version: '1', query: '' }, '/query'],
  [{ version: '1', mediaTypeParameter: 'a;b' }, '/mediaTypeParameter'],
  [{ version: '1', pathSegment: -1 }, '/pathSegment'],
  [{ version: '1', pathSegment: 0.5 }, '/pathSegment'],
  [{ version: '1', default: '1+' }, '/default'],
  [{ version: '1', default: 1 }, '/default'],
  [{ version: '1', header: 'X-Version', query: 'v' }, '/query'],
  [{ version: '1', mediaTypeParameter: 'v', pathSegment: 0 }, '/pathSegment']
] as const) {
  t.test(`refuses ${JSON.stringify(config)}`, async t => {
    t.throws(() => mount(version, config), { errors: [{ code: 'GW_CONFIG_INVALID', pointer: `/version${pointer}` }] })
  })
}

t.test('reads what Spring writes', async t => {
  const { name, args, toConfig } = version.spring!
  t.strictSame([name, args, toConfig], ['Version', ['version'], undefined])
  t.equal(await mount(version, { version: '1.2+' }).match({ headers: { 'api-version': '1.3' } }), true)
})
