import t from 'tap'
import { redisStore } from '../../../../src/adapters/redis-store.ts'
import { fakeLog } from '../../../../src/testing/index.ts'

const settings = (url: string) => ({ url, timeout: 250, prefix: '' })

for (const url of ['', 'redis://', 'redis://h/x', 'redis://h/0/1', 'redis://h?db=1', 'redis://h/0?enableOfflineQueue=true', 'redis://h#a', 'redis://h:99999', 'redis://u:%zz@h']) {
  t.test(`refuses the URL ${JSON.stringify(url)}`, async t => {
    t.throws(() => redisStore(settings(url), fakeLog()), { name: 'ConfigError', code: 'GW_CONFIG_INVALID', pointer: '/url' })
  })
}

t.test('does not repeat a URL that is wrong: it holds a password', async t => {
  t.throws(() => redisStore(settings('redis://u:sesame@h/x'), fakeLog()), { message: /^(?!.*sesame)/ })
})

for (const [url, address, port] of [['redis://user@[::1]:1/', '::1', 1], ['redis://127.0.0.1:1', '127.0.0.1', 1]] as const) {
  t.test(`reads the address of ${url}`, async t => {
    const log = fakeLog()
    const store = redisStore(settings(url), log)
    t.teardown(() => store.close())
    await t.rejects(store.get('a'), { name: 'StoreUnavailable' })
    t.match(log.lines[0]!.fields, { 'server.address': address, 'server.port': port })
  })
}
