import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, mkdirSync, renameSync, rmSync, symlinkSync, unlinkSync, utimesSync, watch, writeFileSync } from 'node:fs'
import t, { type Test } from 'tap'
import { watchFiles } from '../../../src/config/watch-files.ts'

type Files = NonNullable<Parameters<Test['testdir']>[0]>

/** Watches paths in a folder of these files; `told` resolves with the next report. */
function watching (t: Test, files: Files, paths: readonly string[]) {
  const folder = t.testdir(files)
  const at = (path: string) => `${folder}/${path}`
  let next = Promise.withResolvers<void>()
  let count = 0
  const stop = watchFiles(paths.map(at), () => {
    count++
    next.resolve()
    next = Promise.withResolvers()
  })
  t.teardown(stop)
  return {
    at,
    stop,
    count: () => count,
    write: (path: string, text: string) => { writeFileSync(at(path), text) },
    /** Does something and waits for the report of it. */
    after: async (act: () => void) => {
      const { promise } = next
      act()
      await promise
    }
  }
}

const held = () => process.getActiveResourcesInfo().filter(name => name === 'FSEventWrap' || name === 'Timeout')

/** Handles are gone one turn of the loop after they were closed. */
const closed = async () => {
  for (let i = 0; i < 3; i++) await new Promise(setImmediate)
}

t.test('tells of a file that is written in place, each time', async t => {
  const { write, after, count } = watching(t, { 'routes.yaml': 'a' }, ['routes.yaml'])
  await after(() => { write('routes.yaml', 'b') })
  await after(() => { write('routes.yaml', 'c') })
  await after(() => { write('routes.yaml', 'a') })
  t.equal(count(), 3)
})

t.test('tells of a file that is replaced by a rename, as editors do', async t => {
  const { at, write, after, count } = watching(t, { 'routes.yaml': 'a' }, ['routes.yaml'])
  for (const text of ['b', 'c']) {
    await after(() => {
      write('.routes.yaml.tmp', text)
      renameSync(at('.routes.yaml.tmp'), at('routes.yaml'))
    })
  }
  t.equal(count(), 2)
})

t.test('tells of files that Kubernetes replaces by swapping a link', async t => {
  const names = ['routes.yaml', 'more.yaml']
  const link = (name: string) => t.fixture('symlink', `..data/${name}`)
  const { at, after, count } = watching(t, { '..1': { 'routes.yaml': 'a', 'more.yaml': 'a' }, '..data': t.fixture('symlink', '..1'), 'routes.yaml': link('routes.yaml'), 'more.yaml': link('more.yaml') }, [...names, ''])
  for (const [before, now] of [['..1', '..2'], ['..2', '..3']] as const) {
    await after(() => {
      mkdirSync(at(now))
      for (const name of names) writeFileSync(at(`${now}/${name}`), `${name} ${now}`)
      symlinkSync(now, at('..data_tmp'))
      renameSync(at('..data_tmp'), at('..data'))
      rmSync(at(before), { recursive: true })
    })
  }
  t.equal(count(), 2)
})

t.test('tells of a release folder that is swapped by a link on the way', async t => {
  const { at, after } = watching(t, { releases: { 1: { 'routes.yaml': 'a' }, 2: { 'routes.yaml': 'b' } }, conf: {} }, ['conf/current/routes.yaml'])
  await after(() => { symlinkSync('../releases/1', at('conf/current')) })
  await after(() => {
    symlinkSync('../releases/2', at('conf/next'))
    renameSync(at('conf/next'), at('conf/current'))
  })
  await after(() => { writeFileSync(at('releases/2/routes.yaml'), 'c') })
  t.pass()
})

t.test('tells of a change behind a link to a file', async t => {
  const folder = t.testdir({ data: { 'real.yaml': 'a' }, conf: { 'routes.yaml': t.fixture('symlink', '../data/real.yaml') } })
  const told = Promise.withResolvers<void>()
  t.teardown(watchFiles([`${folder}/conf/routes.yaml`], told.resolve))
  writeFileSync(`${folder}/data/real.yaml`, 'b')
  await told.promise
  t.pass()
})

t.test('tells of a file that is deleted, and of one that is made again', async t => {
  const { at, write, after, count } = watching(t, { 'routes.yaml': 'a' }, ['routes.yaml'])
  await after(() => { unlinkSync(at('routes.yaml')) })
  await after(() => { write('routes.yaml', 'a') })
  t.equal(count(), 2)
})

t.test('tells of a folder that is deleted and made again', async t => {
  const { at, write, after } = watching(t, { deep: { conf: { 'routes.yaml': 'a' } } }, ['deep/conf/routes.yaml'])
  await after(() => { rmSync(at('deep'), { recursive: true }) })
  await after(() => {
    mkdirSync(at('deep/conf'), { recursive: true })
    write('deep/conf/routes.yaml', 'b')
  })
  await after(() => { write('deep/conf/routes.yaml', 'c') })
  t.pass()
})

t.test('tells of a folder that another one takes the place of', async t => {
  const { at, write, after } = watching(t, { conf: { 'routes.yaml': 'a' }, next: { 'routes.yaml': 'b' } }, ['conf/routes.yaml', 'conf'])
  await after(() => {
    renameSync(at('conf'), at('old'))
    renameSync(at('next'), at('conf'))
  })
  await after(() => { write('conf/routes.yaml', 'c') })
  t.pass()
})

t.test('tells of a file that is there for the first time', async t => {
  const { at, write, after } = watching(t, {}, ['later/routes.yaml'])
  await after(() => {
    mkdirSync(at('later'))
    write('later/routes.yaml', 'a')
  })
  t.pass()
})

t.test('tells of files that appear in a folder or leave it, not of hidden ones', async t => {
  const { at, write, after, count } = watching(t, { conf: { 'a.yaml': 'a' } }, ['conf', 'conf/a.yaml'])
  write('conf/.a.yaml.swp', 'x')
  await after(() => { write('conf/b.yaml', 'b') })
  await after(() => { unlinkSync(at('conf/b.yaml')) })
  t.equal(count(), 2)
})

t.test('says nothing where the content is the same', async t => {
  const { at, write, after, count } = watching(t, { 'routes.yaml': 'a', 'other.yaml': 'x' }, ['routes.yaml'])
  const looked = Promise.withResolvers<void>()
  t.teardown(watchFiles([at('other.yaml')], looked.resolve))
  utimesSync(at('routes.yaml'), 1, 1)
  write('routes.yaml', 'a')
  write('other.yaml', 'y')
  await looked.promise
  await closed()
  t.equal(count(), 0)
  await after(() => { write('routes.yaml', 'b') })
  t.equal(count(), 1)
})

t.test('tells of a burst once, when it is over', async t => {
  const { at, write, after, count } = watching(t, { 'routes.yaml': '', 'more.yaml': '' }, ['routes.yaml', 'more.yaml'])
  await after(() => {
    for (let i = 0; i < 50; i++) {
      appendFileSync(at('routes.yaml'), `${i}\n`)
      write('more.yaml', `${i}`)
    }
  })
  t.equal(count(), 1)
})

t.test('does not wait for ever for a writer that never stops', async t => {
  const { at, after, count } = watching(t, { 'routes.yaml': '' }, ['routes.yaml'])
  const writer = setInterval(() => { appendFileSync(at('routes.yaml'), 'a') }, 20)
  await after(() => {})
  clearInterval(writer)
  t.equal(count(), 1)
})

t.test('stops, and leaves nothing that keeps the process', async t => {
  await closed()
  const { at, write, stop, count } = watching(t, { 'routes.yaml': 'a' }, ['routes.yaml'])
  t.ok(held().includes('FSEventWrap'))
  const sentinel = watch(at(''))
  const event = once(sentinel, 'change')
  write('routes.yaml', 'b')
  await event
  sentinel.close()
  t.ok(held().includes('Timeout'), 'it was about to look')
  stop()
  stop()
  write('routes.yaml', 'c')
  await closed()
  t.same(held(), [])
  t.equal(count(), 0)
})

t.test('may be stopped by the one it tells', async t => {
  const folder = t.testdir({ 'routes.yaml': 'a' })
  const told = Promise.withResolvers<void>()
  const stop = watchFiles([`${folder}/routes.yaml`], () => {
    stop()
    told.resolve()
  })
  writeFileSync(`${folder}/routes.yaml`, 'b')
  await told.promise
  await closed()
  t.same(held(), [])
})

t.test('does not read a pipe, or wait at a link that leads to itself', async t => {
  const { at, after } = watching(t, {}, ['pipe', 'loop', 'routes.yaml/under', '\u0000'])
  await after(() => {
    execFileSync('mkfifo', [at('pipe')])
    symlinkSync('loop', at('loop'))
    writeFileSync(at('routes.yaml'), '')
  })
  t.pass()
})
