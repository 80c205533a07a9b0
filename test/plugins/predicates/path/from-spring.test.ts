import t from 'tap'
import path from '../../../../plugins/predicates/path/index.ts'
import { mount } from '../../../../src/testing/index.ts'

t.test('reads what Spring writes', async t => {
  const { name, args, toConfig } = path.spring!
  t.strictSame([name, args], ['Path', ['...patterns']])
  t.strictSame(toConfig!({ patterns: ['/a', '/b/**'] }), { patterns: ['/a', '/b/**'], trailingSlash: undefined })
  t.strictSame(toConfig!({ patterns: ['/a', 'False'] }), { patterns: ['/a'], trailingSlash: false })
  t.strictSame(toConfig!({ patterns: '/a, /b', matchTrailingSlash: 'true' }), { patterns: ['/a', '/b'], trailingSlash: true })
  t.strictSame(toConfig!({ patterns: '/a', matchOptionalTrailingSeparator: 'false' }), { patterns: ['/a'], trailingSlash: false })
  t.throws(() => mount(path, toConfig!({})), { errors: [{ code: 'GW_CONFIG_INVALID' }] })
})
