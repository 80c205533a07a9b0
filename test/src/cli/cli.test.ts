import { readFileSync } from 'node:fs'
import t from 'tap'
import { COMMANDS } from '../../../src/cli/cli.ts'
import { cli } from './cli-io.ts'

const RED = '\u001b[31m'

t.test('lists every command with what it does', async t => {
  for (const argv of [[], ['--help'], ['-h'], ['help']]) {
    const { status, out } = await cli(argv)
    t.equal(status, 0)
    for (const { name, summary } of COMMANDS) t.match(out, new RegExp(`^  ${name} +${summary.slice(0, 20)}`, 'm'))
    t.match(out, /Exit status: 0 done; 1 failed/)
  }
})

t.test('tells of one command, with its exit statuses', async t => {
  for (const { name, usage } of COMMANDS) {
    const { status, out, err } = await cli([name, '--help'])
    t.equal(status, 0)
    t.equal(out, `gatehouse ${name} ${usage}\n`)
    t.match(out, /Exit status: 0 /)
    t.equal(err, '')
    t.equal((await cli(['help', name])).out, out)
  }
})

t.test('leaves --help of a pasted command line alone', async t => {
  const { status, err } = await cli(['explain', 'curl', '--help'])
  t.equal(status, 2)
  t.match(err, /curl's option --help/)
})

t.test('tells its version', async t => {
  const { version } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as { version: string }
  t.same(await cli(['--version']), { status: 0, out: `${version}\n`, err: '' })
})

t.test('names the nearest command to one that is unknown', async t => {
  const { status, out, err } = await cli(['chek'])
  t.equal(status, 2)
  t.equal(out, '')
  t.match(err, /no command is named "chek" - did you mean "check"\?/)
})

t.test('says how a command is called when it is called wrongly', async t => {
  const { status, err } = await cli(['check', '--stict'])
  t.equal(status, 2)
  t.match(err, /'--stict'/)
  t.match(err, /\ngatehouse check \[files or folders\] \[--strict\]\n/)
})

t.test('says how to go on where there is no routes.yaml', async t => {
  const { status, err } = await cli(['check'], { cwd: t.testdir() })
  t.equal(status, 2)
  t.match(err, /^routes\.yaml.*there is no such file or folder \[GW_CONFIG_UNREADABLE\]\n1 error\nWithout files, routes\.yaml of this folder is read\. `gatehouse run --demo`/)
})

t.test('does not say so of another file that is missing', async t => {
  t.notMatch((await cli(['check', 'mine.yaml'], { cwd: t.testdir() })).err, /--demo/)
})

t.test('colours only what goes to a terminal', async t => {
  const cwd = t.testdir()
  t.match((await cli(['check'], { cwd, colours: { out: false, err: true } })).err, RED)
  t.notMatch((await cli(['check'], { cwd, colours: { out: true, err: false } })).err, RED)
  t.match((await cli(['--help'], { colours: { out: true, err: false } })).out, '\u001b[1m')
  t.match((await cli(['chek'], { colours: { out: false, err: true } })).err, RED)
})

t.test('fails where the outside world does, and says why', async t => {
  const cwd = t.testdir({ file: '' })
  const { status, err } = await cli(['schema', '--out', 'file/schema.json'], { cwd })
  t.equal(status, 1)
  t.match(err, /ENOTDIR/)
})
