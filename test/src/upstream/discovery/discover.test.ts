import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { discovery } from '../../../../src/upstream/discovery/discover.ts'
import { a, fakeDns, namesOf, srv } from './fake-dns.ts'
import { sourceDeps } from './source-deps.ts'

const place = { weight: 1, priority: 0 }
const NAME = '_http._tcp.pay.example'

t.test('each source tells of its own', async t => {
  const folder = t.testdir()
  writeFileSync(join(folder, 'more.json'), '["http://10.9.9.9"]')
  const { server } = await fakeDns(t, ({ name, type }) => ({ answers: type === 'SRV' ? [srv(NAME, 'a.example', 80)] : type === 'A' ? [a(name, '10.0.0.1')] : [] }))
  const told: string[] = []
  const begin = discovery([{ dns: 'http://orders.svc', ...place }, { srv: NAME, scheme: 'http' }, { file: 'more.json' }])
  const { ready, close } = begin(sourceDeps({ baseFolder: folder, names: namesOf(server) }), (addresses, source) => { told.push(`${source} ${addresses.map(({ url, name }) => `${url} ${name}`).join()}`) })
  t.same(told, ['discover/2 http://10.9.9.9 undefined'])
  await ready
  t.same(told.slice(1).sort(), ['discover/0 http://10.0.0.1 orders.svc', 'discover/1 http://10.0.0.1 pay.example'])
  close()
})

t.test('is ready when all have answered or failed', async t => {
  const deps = sourceDeps()
  const { ready, close } = discovery([{ dns: 'http://orders.svc', ...place }, { file: 'missing' }])(deps, () => {})
  await ready
  t.equal(deps.log.lines.length, 2)
  close()
  await deps.clock.pass(0)
  t.same(deps.clock.sleeping, [])
})

t.test('is ready after five seconds in any case', async t => {
  const hanging = () => new Promise<never>(() => {})
  const deps = sourceDeps({ names: { resolver: { resolve4: hanging, resolve6: hanging, getServers: () => [], cancel: () => {} }, lookup: hanging } as never })
  let ready = false
  const { ready: told, close } = discovery([{ dns: 'http://orders.svc', ...place }])(deps, () => {})
  void told.then(() => { ready = true })
  await deps.clock.pass(4999)
  t.equal(ready, false)
  await deps.clock.pass(1)
  t.equal(ready, true)
  close()
})

t.test('closed, it waits for nobody', async t => {
  const { server } = await fakeDns(t, () => null)
  const names = namesOf(server)
  let cancelled = false
  const looked = names.resolver.resolve4('somebody.example').catch(({ code }: NodeJS.ErrnoException) => { cancelled = code === 'ECANCELLED' })
  const deps = sourceDeps({ names })
  const { ready, close } = discovery([{ dns: 'http://orders.svc', ...place }])(deps, () => {})
  close()
  await Promise.all([ready, looked])
  t.equal(cancelled, true)
  t.same([deps.clock.sleeping, deps.log.lines], [[], []])
})

t.test('a fault of a source is shown where it stands, before anything begins', async t => {
  t.throws(() => discovery([{ file: 'a' }, { dns: 'http://10.0.0.1', ...place }]), { code: 'GW_CONFIG_NO_EFFECT', pointer: '/discover/1/dns' })
  t.throws(() => discovery([{ srv: '_http._tcp', scheme: 'http' }]), { code: 'GW_CONFIG_INVALID', pointer: '/discover/0/srv' })
})
