import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { canImport, roomImports } from '../../../src/cli/room-imports.ts'

const root = new URL('../../..', import.meta.url).pathname

t.test('takes the sources in a clone', async t => {
  t.same(roomImports(join(root, 'my-rooms/a')), { contract: '../../src/contract/index.ts', testing: '../../src/testing/index.ts' })
  t.ok(canImport(tmpdir()))
})

t.test('takes the package where it is installed', async t => {
  t.same(roomImports(join(root, 'my-rooms/a'), false), { contract: 'gatehouse/contract', testing: 'gatehouse/testing' })
})

t.test('knows whether the package can be found', async t => {
  // Not in the tree, where the package would find itself.
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'gatehouse-imports-')))
  t.teardown(() => { rmSync(folder, { recursive: true }) })
  t.notOk(canImport(folder, false))
  const installed = join(folder, 'node_modules/gatehouse')
  mkdirSync(installed, { recursive: true })
  writeFileSync(join(installed, 'package.json'), '{ "name": "gatehouse", "exports": { "./testing": "./testing.js" } }')
  writeFileSync(join(installed, 'testing.js'), '')
  t.ok(canImport(join(folder, 'my-rooms'), false))
})
