import { getServers } from 'node:dns'
import t from 'tap'
import { systemNames } from '../../../../src/upstream/discovery/names.ts'

t.test('are those of the machine', async t => {
  const { resolver, lookup } = systemNames()
  t.same(resolver.getServers(), getServers())
  t.ok((await lookup('localhost')).some(({ address }) => address === '127.0.0.1' || address === '::1'))
})
