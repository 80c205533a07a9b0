import { spawnSync } from 'node:child_process'
import { existsSync, globSync, mkdirSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'

/** The code of docs/passport.md is run against the vectors, each by its own toolchain and library. */
const VECTORS = fileURLToPath(new URL('../../../../docs/passport-vectors.json', import.meta.url))
const GUIDE = readFileSync(new URL('../../../../docs/passport.md', import.meta.url), 'utf8')
const { cases } = JSON.parse(readFileSync(VECTORS, 'utf8')) as { cases: { name: string, outcome: string, strict?: boolean }[] }

t.setTimeout(240_000)

/** What `.ci/run` could not fetch, and has named in its log. */
const LEFT_OUT = process.env['LEAVE_OUT'] ?? ''

function fromGuide (file: string): string {
  const [, code] = GUIDE.split(`\`\`\`text ${file}\n`)
  return code!.split('\n```')[0]! + '\n'
}

const harness = (file: string): string => readFileSync(new URL(`verifiers/${file}`, import.meta.url), 'utf8')

/** What a program said of each case: a line `["name","accepted"]`. */
function judge (t: Test, { status, stdout, stderr }: ReturnType<typeof run>): void {
  t.equal(status, 0, stderr)
  const said = new Map(stdout.split('\n').filter(line => line.startsWith('[')).map(line => JSON.parse(line) as [string, string]))
  for (const { name, outcome, strict } of cases) {
    if (!strict) t.equal(said.get(name), outcome === 'accepted' ? 'accepted' : 'refused', name)
  }
}

const run = (command: string, args: string[], cwd: string, env: Record<string, string> = {}) =>
  spawnSync(command, args, { cwd, env: { ...process.env, NODE_OPTIONS: '', ...env }, encoding: 'utf8', timeout: 200_000 })

const python = ['/usr/bin/python3', 'python3'].find(command => run(command, ['-c', 'import jwcrypto'], '/').status === 0)
t.test('the Python of the guide', { skip: python ? false : 'jwcrypto is missing: apt-get install python3-jwcrypto' }, t => {
  const folder = t.testdir({ 'passport.py': fromGuide('passport.py'), 'run_vectors.py': harness('run_vectors.py') })
  judge(t, run(python!, ['run_vectors.py', VECTORS], folder))
  t.end()
})

const goModules = run('go', ['env', 'GOMODCACHE'], '/').stdout?.trim() ?? ''
const goJose = existsSync(join(goModules, 'github.com/go-jose/go-jose/v4@v4.1.8'))
if (!LEFT_OUT.includes('go')) {
  t.test('the Go of the guide', { skip: goJose ? false : 'go-jose is missing: go mod download github.com/go-jose/go-jose/v4@v4.1.8' }, t => {
    const folder = t.testdir({ 'go.mod': 'module passport\n\ngo 1.24.0\n\nrequire github.com/go-jose/go-jose/v4 v4.1.8\n', 'passport.go': fromGuide('passport.go'), 'passport_vectors_test.go': harness('passport_vectors_test.go') })
    judge(t, run('go', ['test', '-count=1', '-v', '.'], folder, { VECTORS, GOFLAGS: '-mod=mod', GOPROXY: 'off', GONOSUMDB: '*' }))
    t.end()
  })
}

const JARS = ['com/nimbusds/nimbus-jose-jwt', 'com/google/crypto/tink/tink', 'com/google/code/gson/gson', 'com/google/protobuf/protobuf-java']
const jars = JARS.map(jar => globSync(join(homedir(), '.m2/repository', jar, '*/*.jar')).at(-1))
if (!LEFT_OUT.includes('java')) {
  t.test('the Java of the guide', { skip: jars.every(jar => jar !== undefined) ? false : 'nimbus-jose-jwt and tink are missing: mvn dependency:get' }, t => {
    const folder = t.testdir({ 'Passports.java': fromGuide('Passports.java'), 'RunVectors.java': harness('RunVectors.java') })
    const classpath = [...jars as string[], join(folder, 'out')].join(delimiter)
    mkdirSync(join(folder, 'out'))
    t.match(run('javac', ['-cp', classpath, '-d', 'out', 'Passports.java', 'RunVectors.java'], folder), { status: 0, stderr: '' })
    judge(t, run('java', ['-cp', classpath, 'RunVectors', VECTORS], folder))
    t.end()
  })
}
