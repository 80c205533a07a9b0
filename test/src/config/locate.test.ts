import { readdirSync, readFileSync } from 'node:fs'
import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { loadConfig } from '../../../src/config/load-config.ts'
import { ConfigError } from '../../../src/contract/config-error.ts'
import { rooms } from './fake-rooms.ts'
import { faultsOf, loadNative } from './load.ts'

const env = { RATE: 'interpolated', TOKEN: 'S3CRET-TOKEN', USER: 'bob:pw' }

/** Beside each broken file stands what must be printed for it. */
for (const folder of ['broken/', 'spring/broken/']) {
  const here = new URL(folder, import.meta.url)
  const names = readdirSync(here).filter(name => /\.ya?ml$/.test(name))

  t.test(`${folder} has a file for each kind of mistake`, async t => {
    t.ok(names.length >= (folder === 'broken/' ? 20 : 4))
  })

  for (const name of names) {
    t.test(`${folder}${name} is told with line, column, path, value and what is allowed`, async t => {
      const path = relative(process.cwd(), fileURLToPath(new URL(name, here)))
      const told = await faultsOf(loadConfig([path], { env, rooms }))
      const expected = readFileSync(new URL(name.replace(/\.ya?ml$/, '.txt'), here), 'utf8').trimEnd().split('\n')
      t.same(told.map(line => line.replaceAll(path, name)), expected)
      t.ok(told.every(line => line.startsWith(`${path}:`)), 'begins with the file as it was named')
      for (const value of Object.values(env)) t.notOk(told.some(line => line.includes(value)), 'shows no value of a reference')
    })
  }
}

t.test('a fault that has its place, or is in no known file, is left as it is', async t => {
  const { locate } = await loadNative('routes: []')
  const placed = new ConfigError('GW_CONFIG_INVALID', '/routes', 'expected more', 'routes.yaml', 'routes.yaml:9:9')
  const elsewhere = new ConfigError('GW_CONFIG_INVALID', '/routes', 'expected more', 'other.yaml')
  t.equal(locate(placed), placed)
  t.equal(locate(elsewhere), elsewhere)
})

t.test('a long value is shortened, a block is named', async t => {
  const { locate } = await loadNative(`
routes:
  - id: a
    predicates: [{ path: /a }]
    metadata: { long: ${'x'.repeat(100)}, empty: }
`)
  const told = (pointer: string) => locate(new ConfigError('GW_CONFIG_INVALID', pointer, 'expected else', 'routes.yaml')).message
  t.equal(told('/routes/0/metadata/long'), `routes.yaml:6:23 routes/a/metadata/long: expected else, not ${'x'.repeat(59)}… [GW_CONFIG_INVALID]`)
  t.equal(told('/routes/0/metadata/empty'), 'routes.yaml:6:125 routes/a/metadata/empty: expected else, not nothing [GW_CONFIG_INVALID]')
  t.equal(told('/routes/0'), 'routes.yaml:4:5 routes/a: expected else, not a map [GW_CONFIG_INVALID]')
  t.equal(told('/routes'), 'routes.yaml:4:3 routes: expected else, not a list [GW_CONFIG_INVALID]')
})

t.test('a pointer that leads past the file ends at the nearest part there is', async t => {
  const { locate } = await loadNative('gateway: { via: false }')
  t.match(locate(new ConfigError('GW_CONFIG_INVALID', '/gateway/limits/headers', 'is missing', 'routes.yaml')),
    { place: 'routes.yaml:2:10', message: /gateway\/limits\/headers: is missing/ })
})
