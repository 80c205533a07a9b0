import { createServer } from 'node:http'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { filters } from '../../../plugins/index.ts'
import { COMMANDS, runCli } from '../../../src/cli/cli.ts'
import { Config, defineFilter, UsageError, type RoomCommand } from '../../../src/contract/index.ts'

const command = (name: string, run: RoomCommand['run'] = async () => 0): RoomCommand =>
  ({ name, summary: `what ${name} does`, usage: `[--loud]\n\nExit status: 0 done, 1 not (${name}).`, run })

const withCommand = (name: string, command: RoomCommand) => defineFilter({ name, config: Config({}), create: () => ({}), command })

/** Runs a command line where rooms bring commands. */
async function cli (argv: readonly string[], commands: readonly RoomCommand[], { cwd = process.cwd(), coloured = false } = {}) {
  let out = ''
  let err = ''
  const { command: _command, ...old } = withCommand('old', command('never'))
  const status = await runCli(argv, {
    env: {},
    cwd,
    rooms: { filters: [old as typeof filters[number], ...commands.map((one, i) => withCommand(`room-${i}`, one))], predicates: [] },
    colours: { out: coloured, err: false },
    out: text => { out += text },
    err: text => { err += text },
    onSignal: () => {},
    exit: () => {}
  })
  return { status, out, err }
}

/** A server that says what it was asked. */
async function server (t: Test, bytes = 0) {
  const asked = createServer((req, res) => { res.writeHead(req.method === 'POST' ? 409 : 200).end(bytes ? Buffer.alloc(bytes) : `${req.method} ${req.url} ü`) }).listen(0, '127.0.0.1')
  await once(asked, 'listening')
  const close = async () => {
    if (asked.listening) await new Promise(resolve => { asked.close(resolve).closeAllConnections() })
  }
  t.teardown(close)
  return { url: `http://127.0.0.1:${(asked.address() as AddressInfo).port}`, close }
}

t.test('runs the command of a room with what follows its name', async t => {
  const ran: string[][] = []
  const weigh = command('weigh', async (args, io) => {
    ran.push(args)
    io.out(`out ${io.coloured}\n`)
    io.err('err\n')
    return 1
  })
  t.same(await cli(['weigh', 'a', '--loud'], [weigh]), { status: 1, out: 'out false\n', err: 'err\n' })
  t.equal((await cli(['weigh'], [weigh], { coloured: true })).out, 'out true\n')
  t.same(ran, [['a', '--loud'], []])
})

t.test('lists and explains commands of rooms as its own', async t => {
  const weigh = command('weigh', async () => { throw new Error('not to be run') })
  const { out } = await cli(['--help'], [weigh])
  t.match(out, /^ {2}keys .*\n {2}weigh +what weigh does\n/m)
  for (const argv of [['weigh', '--help'], ['help', 'weigh'], ['weigh', 'x', '-h']]) t.same(await cli(argv, [weigh]), { status: 0, out: `gatehouse weigh ${weigh.usage}\n`, err: '' }, argv.join(' '))
  t.match(await cli(['wiegh'], [weigh]), { status: 2, err: /no command is named "wiegh" - did you mean "weigh"\?/ })
})

t.test('says how the command of a room is called when it is called wrongly', async t => {
  const weigh = command('weigh', async () => { throw new UsageError('what is to be weighed?') })
  t.same(await cli(['weigh'], [weigh]), { status: 2, out: '', err: 'what is to be weighed?\n\ngatehouse weigh [--loud]\ngatehouse weigh --help tells more.\n' })
})

t.test('leaves a name to who has it: first to itself, then to the first room', async t => {
  const { out } = await cli(['--help'], [command('keys'), command('weigh'), command('weigh')])
  t.equal(out.match(/^ {2}keys /gm)?.length, 1)
  t.equal(out.match(/^ {2}weigh /gm)?.length, 1)
  t.match(await cli(['keys'], [command('keys', async () => 0)]), { status: 2, err: /one of new, rotate/ })
  t.match(await cli(['weigh'], [command('weigh', async () => 0), command('weigh', async () => 1)]), { status: 0 })
})

t.test('has no two commands of one name among its rooms', async t => {
  const names = [...COMMANDS.map(({ name }) => name), ...filters.flatMap(({ command }) => command?.name ?? [])]
  t.same(names, [...new Set(names)])
})

t.test('reads and writes files from the working folder', async t => {
  const cwd = t.testdir({ a: { 'in.txt': 'grüße' } })
  const copy = command('copy', async ([from = '', to = ''], io) => {
    await io.writeFile(to, (await io.readFile(from)).toUpperCase())
    return 0
  })
  t.match(await cli(['copy', 'a/in.txt', 'out.txt'], [copy], { cwd }), { status: 0 })
  t.equal(readFileSync(join(cwd, 'out.txt'), 'utf8'), 'GRÜSSE')
  t.match(await cli(['copy', join(cwd, 'out.txt'), 'a'], [copy], { cwd }), { status: 1, err: /EISDIR/ })
  t.match(await cli(['copy', 'none', 'x'], [copy], { cwd }), { status: 1, err: /ENOENT.*none/ })
})

t.test('asks a running gateway, and says in words that nobody answers', async t => {
  const { url, close } = await server(t)
  const ask = command('ask', async ([target = '', method = 'GET'], io) => {
    const { status, body } = await io.ask(target, method as 'GET' | 'POST')
    io.out(`${status} ${body}`)
    return 0
  })
  t.equal((await cli(['ask', `${url}/a?b=c`], [ask])).out, '200 GET /a?b=c ü')
  t.equal((await cli(['ask', `${url}/a`, 'POST'], [ask])).out, '409 POST /a ü')
  await close()
  t.match(await cli(['ask', `${url}/a`], [ask]), { status: 1, out: '', err: new RegExp(`GET ${url}/a: .*refused`, 'i') })
  t.match(await cli(['ask', 'orders'], [ask]), { status: 1, err: /not an http or https URL/ })
  const large = await server(t, 64 * 1024 * 1024 + 1)
  t.match(await cli(['ask', large.url], [ask]), { status: 1, err: /larger than 67108864 bytes/ })
})

t.test('does not take a bug for the outside world', async t => {
  await t.rejects(cli(['weigh'], [command('weigh', async () => { throw new TypeError('a bug') })]), { message: 'a bug' })
})
