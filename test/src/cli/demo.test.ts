import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { demoFiles, startDemo } from '../../../src/cli/demo.ts'
import type { GatewayConfig } from '../../../src/contract/route-file.ts'

t.test('takes the files that are given, those that are here, or those that came along', async t => {
  const cwd = t.testdir({ 'routes.yaml': '' })
  t.same(demoFiles(['mine.yaml'], cwd), ['mine.yaml'])
  t.same(demoFiles([], cwd), [])
  mkdirSync(join(cwd, 'empty'))
  t.match(demoFiles([], join(cwd, 'empty')), [/\/routes\.yaml$/])
})

t.test('says where a client on this machine finds the gateway', async t => {
  const demo = await startDemo()
  t.teardown(() => demo.close())
  const config = {
    routes: [{ id: 'a', order: 0, predicates: [], filters: [], targets: [], tests: [{ test: { request: 'GET /late', at: '2026-01-01T00:00:00Z', expect: {} } }, { test: { request: 'GET /a', expect: {} } }] }]
  } as unknown as GatewayConfig
  const welcome = async (host: string, admin: boolean) =>
    await demo.welcome(config, { listeners: [{ name: 'http', host, port: 1 }], admin: admin ? { host: '::1', port: 2 } : null }, text => text)
  t.match(await welcome('0.0.0.0', true), 'curl -i http://127.0.0.1:1/a\n\nFor operators:\n  curl http://[::1]:2/routes\n')
  t.match(await welcome('::', false), /curl -i http:\/\/127\.0\.0\.1:1\/a\n$/)
  t.match(await welcome('10.0.0.7', false), 'curl -i http://10.0.0.7:1/a\n')
})
