import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

// The package as others get it: packed, installed elsewhere, and used as the guides say. Run from the root of the project, after a build.
const root = process.cwd()
const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }
const folder = mkdtempSync(join(tmpdir(), 'gatehouse-smoke-'))
const gatehouse = join(folder, 'node_modules', '.bin', 'gatehouse')
const LISTENING = /"event\.action":"listening".*?"port":(\d+).*?"gatehouse\.admin":\{.*?"port":(\d+)/

try {
  step('npm start serves the demo', () => {})
  await serves('npm', ['start', '--', '--port', '0', '--admin-port', '0'], root)
  const tarball = step('npm pack takes what users need', pack)
  writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }\n')
  run('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error', tarball])
  step('the installed command runs', () => { assert.equal(run(gatehouse, ['--version']), `${version}\n`) })
  step('a filter of one\'s own: made, tested, type-checked, used', ownFilter)
  step('a service verifies passports with the package', verifiesPassports)
  step('key rings are made', () => { assert.match(run(gatehouse, ['keys', 'new', 'passport-keys.json']), /passport-keys\.json/) })
  step('the installed gateway serves its demo', () => {})
  await serves(gatehouse, ['run', '--demo', '--port', '0', '--admin-port', '0'], folder)
} finally {
  rmSync(folder, { recursive: true, force: true })
}

function step<T> (title: string, act: () => T): T {
  process.stdout.write(`${title}\n`)
  return act()
}

function run (command: string, args: readonly string[], cwd = folder): string {
  return execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })
}

function pack (): string {
  const [packed] = JSON.parse(run('npm', ['pack', '--json', '--ignore-scripts', '--loglevel=error', '--pack-destination', folder], root)) as [{ filename: string, files: { path: string }[] }]
  const paths = packed.files.map(({ path }) => path)
  assert.deepEqual(paths.filter(path => !/^(dist\/|plugins\/.*README\.md$|docs\/.*\.md$|docs\/passport-vectors\.json$|schema\/|routes\.yaml$|package\.json$|README\.md$|LICENSE$)/.test(path)), [])
  assert.deepEqual(paths.filter(path => /(^|\/)(test|bench|\.ci)\/|\.test\./.test(path)), [])
  for (const path of ['dist/src/main.js', 'dist/src/contract/index.d.ts', 'schema/routes.schema.json', 'docs/getting-started.md', 'LICENSE']) assert.ok(paths.includes(path), path)
  return join(folder, packed.filename)
}

function ownFilter (): void {
  run(gatehouse, ['new', 'filter', 'say-hello'])
  run(process.execPath, ['--test', 'my-rooms/say-hello/say-hello.test.ts'])
  run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '--noEmit', '--strict', '--target', 'es2023', '--module', 'nodenext',
    '--allowImportingTsExtensions', '--typeRoots', join(root, 'node_modules/@types'), '--types', 'node', 'my-rooms/say-hello/say-hello.test.ts'])
  const route = '{ id: hello, predicates: [path: /hello], filters: [say-hello: "yes", respond: hello], tests: [{ request: GET /hello, expect: { status: 200 } }] }'
  writeFileSync(join(folder, 'routes.yaml'), `version: 1\nplugins: [./my-rooms]\nroutes: [${route}]\n`)
  for (const command of ['check', 'test']) run(gatehouse, [command])
  rmSync(join(folder, 'routes.yaml'))
}

/** The package's own vectors, by its own entry point. */
function verifiesPassports (): void {
  writeFileSync(join(folder, 'verify.js'), `import { readFileSync } from 'node:fs'
import { PassportError, verifyPassport } from 'gatehouse/passport'
const { jwks, issuer, audience, now, clockSkewSeconds, cases } = JSON.parse(readFileSync('node_modules/gatehouse/docs/passport-vectors.json', 'utf8'))
const options = { jwks, issuer, audience, now: () => now * 1000, clockSkewMs: clockSkewSeconds * 1000 }
const refusal = error => error instanceof PassportError ? error.code : String(error)
for (const { name, header, request, outcome } of cases) {
  const found = await verifyPassport(header, request ? { ...options, request } : options).then(() => 'accepted', refusal)
  if (found !== outcome) throw new Error(name + ': ' + found)
}
console.log(cases.length > 30)
`)
  assert.equal(run(process.execPath, ['verify.js']), 'true\n')
}

/** Starts a demo, asks it something, and stops it as an orchestrator would. */
async function serves (command: string, args: readonly string[], cwd: string): Promise<void> {
  const child = spawn(command, args, { cwd, detached: true, stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = new Promise<number | null>(resolve => { child.once('close', resolve) })
  let output = ''
  const ports = await new Promise<RegExpExecArray>((resolve, reject) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      const found = LISTENING.exec(output += text)
      if (found) resolve(found)
    })
    void ended.then(status => { reject(new Error(`${command} ended with ${status}: ${output}`)) })
  })
  const reply = await fetch(`http://127.0.0.1:${ports[1]}/orders/7`)
  assert.equal(reply.status, 200)
  assert.equal((await reply.json() as { path: string }).path, '/v1/orders/7')
  assert.equal((await fetch(`http://127.0.0.1:${ports[2]}/readyz`)).status, 200)
  // The whole group, as a terminal does: npm passes no signal on to what its shell has started.
  process.kill(-child.pid!, 'SIGTERM')
  const status = await ended
  assert.match(output, /"event\.action":"stopping"/)
  if (command === gatehouse) assert.equal(status, 0)
}
