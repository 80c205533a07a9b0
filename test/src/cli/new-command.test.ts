import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { parse } from 'yaml'
import { cli } from './cli-io.ts'

/** Runs the test of a room as its author would. */
function runsItsTest (cwd: string, file: string): boolean {
  const { NODE_TEST_CONTEXT: _, TAP: __, ...env } = process.env
  const { status, stdout } = spawnSync(process.execPath, ['--test', file], { cwd, env, encoding: 'utf8' })
  return status === 0 && /# pass 3\b|pass 3\b/.test(stdout)
}

const elsewhere = mkdtempSync(join(tmpdir(), 'gatehouse-new-'))
t.teardown(() => { rmSync(elsewhere, { recursive: true }) })

for (const [where, folder] of [['in the tree', t.testdir()], ['outside of it', elsewhere]] as const) {
  t.test(`begins a filter ${where} that passes its test and runs`, async t => {
    const { status, out, err } = await cli(['new', 'filter', 'add-tenant'], { cwd: folder })
    t.equal(status, 0)
    t.equal(err, '')
    t.match(out, /^my-rooms\/add-tenant: index\.ts, README\.md and add-tenant\.test\.ts\n/)
    const command = /^ +node --test (\S+)$/m.exec(out)
    t.ok(runsItsTest(folder, command![1]!), 'the command that is printed runs its test')
    t.match(out, 'plugins: [./my-rooms]')
    t.match(out, '        - add-tenant: "{id}"')
  })

  t.test(`begins a predicate ${where} that passes its test and runs`, async t => {
    const { status, out } = await cli(['new', 'predicate', 'tenant', '--dir', 'plugins/mine'], { cwd: folder })
    t.equal(status, 0)
    t.match(out, /^plugins\/mine\/tenant: /)
    t.match(out, 'plugins: [plugins/mine]')
    t.ok(runsItsTest(folder, 'plugins/mine/tenant/tenant.test.ts'))
  })
}

t.test('gives rooms that a route file can use, beside each other', async t => {
  const cwd = t.testdir({
    'routes.yaml': `version: 1
plugins: [./my-rooms]
routes:
  - id: tenants
    predicates: [path: "/{id}", tenant: [blue, green]]
    filters: [add-tenant: "{id}"]
    upstream: http://127.0.0.1:1
    tests:
      - request: GET /7
        headers: { X-Tenant: green }
        expect: { headers: { X-Add-Tenant: "7" } }
      - request: GET /7
        expect: { route: null }
`
  })
  await cli(['new', 'filter', 'add-tenant'], { cwd })
  await cli(['new', 'predicate', 'tenant'], { cwd })
  const { status, out } = await cli(['test'], { cwd })
  t.equal(status, 0, out)
})

t.test('gives a README with an example that compiles', async t => {
  const cwd = t.testdir()
  for (const [kind, name] of [['filter', 'add-tenant'], ['predicate', 'tenant']] as const) {
    await cli(['new', kind, name], { cwd })
    const readme = readFileSync(join(cwd, `my-rooms/${name}/README.md`), 'utf8')
    t.ok(readme.startsWith(`# ${name}\n`))
    const use = JSON.stringify(parse(/```yaml\n([^]*?)```/.exec(readme)![1]!))
    const route = kind === 'filter' ? `predicates: [path: "/{id}"], filters: [${use}]` : `predicates: [${use}]`
    const file = `{ version: 1, plugins: ./my-rooms, routes: [{ id: a, ${route}, upstream: "http://127.0.0.1:1" }] }\n`
    writeFileSync(join(cwd, 'routes.yaml'), file)
    const { status, err } = await cli(['check'], { cwd })
    t.equal(status, 0, err)
  }
})

t.test('never writes over anything', async t => {
  const cwd = t.testdir({ 'my-rooms': { mine: {} } })
  const { status, err } = await cli(['new', 'filter', 'mine'], { cwd })
  t.equal(status, 2)
  t.match(err, /my-rooms\/mine is there already/)
  t.notOk(existsSync(join(cwd, 'my-rooms/mine/index.ts')))
})

t.test('refuses what cannot be a name, and those of its own rooms', async t => {
  const cwd = t.testdir()
  for (const name of ['AddTenant', 'add_tenant', '../up', 'add--tenant', '-a', '1a', '']) {
    const { status, err } = await cli(['new', 'filter', '--', name], { cwd })
    t.equal(status, 2)
    t.match(err, `"${name}" is no name for a filter`)
  }
  t.match((await cli(['new', 'filter', 'cors'], { cwd })).err, 'Gatehouse has a filter named "cors" already')
  t.match((await cli(['new', 'predicate', 'path'], { cwd })).err, 'Gatehouse has a predicate named "path" already')
  t.notOk(existsSync(join(cwd, 'my-rooms')))
})

t.test('wants a kind and one name', async t => {
  for (const argv of [['new'], ['new', 'route', 'a'], ['new', 'filter', 'a', 'b']]) t.match((await cli(argv)).err, /^filter or predicate, and one name\n/)
})

t.test('fails where it cannot write', async t => {
  const cwd = t.testdir({ file: '' })
  t.equal((await cli(['new', 'filter', 'mine', '--dir', 'file'], { cwd })).status, 1)
})
