import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { watchFiles } from '../../../../src/config/watch-files.ts'
import { fileSource } from '../../../../src/upstream/discovery/file-source.ts'
import type { WatchFiles } from '../../../../src/upstream/discovery/source.ts'
import { sourceDeps } from './source-deps.ts'

/** A source of a file in a folder of its own, with what it has told. `changed` is what a watcher calls. */
function source (t: Test, first: string | null, { watch, name = 'endpoints.yaml', folder = t.testdir() }: { watch?: WatchFiles, name?: string, folder?: string } = {}) {
  const path = join(folder, name)
  if (first !== null) writeFileSync(path, first)
  let changed = () => {}
  let stopped = 0
  const fake: WatchFiles = (_paths, told) => {
    changed = told
    return () => { stopped++ }
  }
  const deps = sourceDeps({ baseFolder: folder, watch: watch ?? fake })
  const told: string[] = []
  let heard = Promise.withResolvers<void>()
  const it = fileSource({ file: name })(deps, addresses => {
    told.push(addresses.map(({ url }) => url.slice(7)).join(' '))
    heard.resolve()
  })
  t.teardown(() => { it.close() })
  return {
    ...deps,
    ...it,
    path,
    folder,
    told,
    stopped: () => stopped,
    changed: () => { changed() },
    next: async () => {
      await heard.promise
      heard = Promise.withResolvers()
    },
    lines: () => deps.log.lines.map(({ level, message }) => `${level} ${message}`)
  }
}

t.test('is read at once, relative to the folder, and when it has changed', async t => {
  const { told, path, changed, asked } = source(t, '[http://a, http://b]')
  t.same(told, ['a b'])
  await asked
  writeFileSync(path, '[http://b, http://c]')
  changed()
  changed()
  t.same(told, ['a b', 'b c'])
})

t.test('a path from the root is one', async t => {
  const { path } = source(t, '[http://a]')
  const told: number[] = []
  fileSource({ file: path })(sourceDeps(), addresses => { told.push(addresses.length) }).close()
  t.same(told, [1])
})

t.test('a broken file leaves the last good list, and says once where it is broken', async t => {
  const { told, path, changed, lines, log } = source(t, '[http://a]')
  for (const text of ['- http://b\n- nonsense\n', '- http://c\n- nonsense\n']) {
    writeFileSync(path, text)
    changed()
  }
  t.same(told, ['a'])
  t.same(lines(), ['error file of endpoints is broken: those of the last good one stay'])
  t.match(log.lines[0]!.fields, { 'gatehouse.upstream': 'orders', 'gatehouse.discovery': path, 'error.message': new RegExp(`${path}:2:3 `) })
  rmSync(path)
  changed()
  t.equal(lines().length, 2, 'another fault is said too')
  writeFileSync(path, '[http://d]')
  changed()
  t.same([told, lines().at(-1)], [['a', 'd'], 'info file of endpoints is good again'])
})

t.test('a file that is not there yet is taken when it comes', async t => {
  const { told, path, changed, lines } = source(t, null)
  t.same([told, lines().length], [[], 1])
  writeFileSync(path, '[http://a]')
  changed()
  t.same(told, ['a'])
})

t.test('where nothing tells of changes they are seen every ten seconds', async t => {
  const { told, path, clock, close, stopped } = source(t, '[http://a]')
  writeFileSync(path, '[http://b, http://c]')
  await clock.pass(9999)
  t.same(told, ['a'])
  await clock.pass(1)
  await clock.pass(30_000)
  t.same(told, ['a', 'b c'])
  close()
  t.same([clock.sleeping, stopped()], [[], 1])
})

t.test('where it cannot be watched, looking at it is enough', async t => {
  const { told, path, clock, lines } = source(t, '[http://a]', { watch: () => { throw Object.assign(new Error('no space left'), { code: 'ENOSPC' }) } })
  t.same(lines(), ['warn file of endpoints cannot be watched: it is looked at every 10s'])
  writeFileSync(path, '[http://b, http://c]')
  await clock.pass(10_000)
  t.same(told, ['a', 'b c'])
})

t.test('is seen to be put in place by a rename', async t => {
  const { told, folder, path, next } = source(t, '[http://a]', { watch: watchFiles })
  await next()
  writeFileSync(join(folder, 'new'), '[http://b]')
  renameSync(join(folder, 'new'), path)
  await next()
  t.same(told, ['a', 'b'])
})

t.test('is seen when Kubernetes swaps the link of a ConfigMap', async t => {
  const folder = t.testdir()
  for (const [version, text] of [['..1', '[http://a]'], ['..2', '[http://b]']] as const) {
    mkdirSync(join(folder, version))
    writeFileSync(join(folder, version, 'endpoints.yaml'), text)
  }
  symlinkSync('..1', join(folder, '..data'))
  symlinkSync('..data/endpoints.yaml', join(folder, 'endpoints.yaml'))
  const { told, next } = source(t, null, { watch: watchFiles, folder })
  await next()
  symlinkSync('..2', join(folder, '..data_tmp'))
  renameSync(join(folder, '..data_tmp'), join(folder, '..data'))
  await next()
  t.same(told, ['a', 'b'])
})
