import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { cli } from './cli-io.ts'
import { EVERYTHING } from './everything-room.ts'

t.test('writes the schema to the standard output', async t => {
  const { status, out } = await cli(['schema'])
  t.equal(status, 0)
  const schema = JSON.parse(out) as { title: string, $defs: object }
  t.equal(schema.title, 'Gatehouse route file')
  t.ok('filter.strip-prefix' in schema.$defs)
})

t.test('writes it to a file', async t => {
  const cwd = t.testdir({ 'routes.schema.json': 'old' })
  t.same(await cli(['schema', '--out', 'routes.schema.json'], { cwd }), { status: 0, out: '', err: '' })
  t.equal(readFileSync(join(cwd, 'routes.schema.json'), 'utf8'), (await cli(['schema'])).out)
})

t.test('tells whether a file is stale', async t => {
  const cwd = t.testdir({ stale: '{}', fresh: (await cli(['schema'])).out })
  t.same(await cli(['schema', '--check', 'fresh'], { cwd }), { status: 0, out: '', err: '' })
  t.same(await cli(['schema', '--check', 'stale'], { cwd }), { status: 1, out: '', err: 'stale is stale: gatehouse schema --out stale\n' })
  t.equal(readFileSync(join(cwd, 'stale'), 'utf8'), '{}')
  t.equal((await cli(['schema', '--check', 'missing'], { cwd })).status, 1)
  t.equal((await cli(['schema', '--check', '.'], { cwd })).status, 1)
})

t.test('takes --out or --check', async t => {
  t.equal((await cli(['schema', '--check', 'a', '--out', 'a'])).status, 2)
})

t.test('knows the rooms of plugins, where it is given the files', async t => {
  const cwd = t.testdir({
    rooms: { 'index.ts': EVERYTHING },
    'routes.yaml': 'version: 1\nplugins: ./rooms\nroutes: [{ id: a, predicates: [everything], filters: [respond] }]\n'
  })
  t.match((await cli(['schema', 'routes.yaml'], { cwd })).out, '"predicate.everything"')
  t.notMatch((await cli(['schema'], { cwd })).out, 'predicate.everything')
})
