import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { extname, join } from 'node:path'
import t from 'tap'

const root = new URL('../../', import.meta.url)
const text = (name: string) => readFileSync(new URL(name, root), 'utf8')
const manifest = JSON.parse(text('package.json')) as Manifest
const lock = JSON.parse(text('package-lock.json')) as Lock

interface Manifest {
  name: string
  type: string
  license: string
  engines: { node: string }
  allowScripts: Record<string, boolean>
  bin: Record<string, string>
  exports: Record<string, string | { types: string, default: string }>
  scripts: Record<string, string>
  dependencies: Record<string, string>
  devDependencies: Record<string, string>
  optionalDependencies: Record<string, string>
}
interface Lock { packages: Record<string, { hasInstallScript?: boolean, resolved?: string, dependencies?: object, devDependencies?: object, optionalDependencies?: object }> }

/** The source that a built file comes from. */
const sourceOf = (built: string) => built.replace(/^(\.\/)?dist\//, '').replace(/(\.d)?\.(js|ts)$/, '.ts')

t.test('the package is what its readers are told', async t => {
  t.match(manifest, { name: 'gatehouse', type: 'module', license: 'Apache-2.0', engines: { node: '>=24' } })
  t.match(text('LICENSE'), 'Apache License')
  t.same('gatehouse start dev build test lint types arch check bench'.split(' ').filter(name => !(name in manifest.scripts)), [])
})

t.test('npm ci brings the runtime', async t => {
  t.match(manifest.devDependencies['node'], /^26/)
  t.notOk('node' in manifest.dependencies)
  const scripted = Object.entries(lock.packages).filter(([, { hasInstallScript }]) => hasInstallScript).map(([path]) => path.replace(/^.*node_modules\//, ''))
  t.same(Object.keys(manifest.allowScripts).sort(), scripted.sort(), 'each install script is allowed or denied, and no other')
  t.ok(manifest.allowScripts['node'])
})

t.test('the lock file goes with the manifest and names no registry', async t => {
  t.same(lock.packages['']!.dependencies, manifest.dependencies)
  t.same(lock.packages['']!.devDependencies, manifest.devDependencies)
  t.same(lock.packages['']!.optionalDependencies, manifest.optionalDependencies)
  t.same(Object.values(lock.packages).filter(({ resolved }) => resolved !== undefined), [])
})

t.test('every entry point has its source, and the command its first line', async t => {
  for (const entry of Object.values(manifest.exports)) {
    if (typeof entry === 'string') t.ok(existsSync(new URL(entry, root)), entry)
    else for (const built of Object.values(entry)) t.ok(existsSync(new URL(sourceOf(built), root)), built)
  }
  t.ok(text(sourceOf(manifest.bin['gatehouse']!)).startsWith('#!/usr/bin/env node\n'))
})

t.test('no file of the project knows a registry, or the machine it was written on', async t => {
  const known = ['/wo' + 'rk/main', '/wo' + 'rk/shared', 'registry' + '.npmjs', '/ro' + 'ot/']
  for (const path of files('.')) {
    const found = known.filter(name => readFileSync(new URL(path, root), 'utf8').includes(name))
    if (found.length > 0) t.fail(`${path} names ${found.join(', ')}`)
  }
})

const SKIPPED = new Set(['node_modules', 'dist', '.git', '.tap'])
const TEXT = new Set(['.ts', '.js', '.cjs', '.md', '.json', '.yaml', '.yml', '.txt', ''])

function files (folder: string): string[] {
  return readdirSync(new URL(folder, root)).filter(name => !SKIPPED.has(name)).flatMap(name => {
    const path = join(folder, name)
    return statSync(new URL(path, root)).isDirectory() ? files(`${path}/`) : TEXT.has(extname(name)) ? [path] : []
  })
}
