import { chmodSync, chownSync, readFileSync, readdirSync, statSync, symlinkSync, lstatSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { Io } from '../../../src/cli/command.ts'
import { UsageError } from '../../../src/contract/usage-error.ts'
import { keysCommand } from '../../../src/cli/keys-command.ts'
import { derivedKey } from '../../../src/identity/rings/derived-key.ts'
import { newRingKey, type RingKey } from '../../../src/identity/rings/ring-key.ts'
import { parseRing } from '../../../src/identity/rings/parse-ring.ts'
import { fakeClock } from '../../../src/testing/index.ts'

const now = () => Math.floor(Date.now() / 1000)
const keysIn = (path: string) => (JSON.parse(readFileSync(path, 'utf8')) as { keys: RingKey[] }).keys
const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8)

async function keys (cwd: string, ...args: string[]): Promise<string> {
  let out = ''
  const io: Io = { env: {}, cwd, rooms: { filters: [], predicates: [] }, colours: { out: false, err: false }, out: text => { out += text }, err: () => {}, onSignal: () => {}, exit: () => {} }
  t.equal(await keysCommand.run(args, io), 0)
  return out
}

t.test('makes a ring that the gateway reads and only its owner', async t => {
  const cwd = t.testdir()
  const path = join(cwd, 'keys/passport.json')
  const out = await keys(cwd, 'new', 'keys/passport.json')
  const [key] = parseRing(readFileSync(path, 'utf8'), 'passport', fakeClock(Date.now()))
  t.equal(key!.alg, 'EdDSA')
  t.equal(out, `keys/passport.json: EdDSA key ${key!.kid}\n`)
  t.equal(modeOf(path), '600')
  t.ok(key!.nbf <= now(), 'signs at once')
  t.equal(key!.exp, undefined)
})

t.test('makes rings for shared secrets and for sessions', async t => {
  const cwd = t.testdir()
  await keys(cwd, 'new', 'a', '--algorithm', 'HS256')
  await keys(cwd, 'new', 'b', '--for', 'session')
  await keys(cwd, 'new', 'c', '--for', 'passport', '--algorithm', 'EdDSA')
  t.same(['a', 'b', 'c'].map(file => keysIn(join(cwd, file))[0]!.alg), ['HS256', 'A256GCM', 'EdDSA'])
})

t.test('never writes over a ring', async t => {
  const cwd = t.testdir({ ring: 'mine' })
  await t.rejects(keys(cwd, 'new', 'ring'), { name: 'UsageError', message: /ring is there already; `gatehouse keys rotate ring` adds a key/ })
  t.equal(readFileSync(join(cwd, 'ring'), 'utf8'), 'mine')
})

t.test('rotates so that the new key is known before it signs, and the old one after', async t => {
  const cwd = t.testdir()
  const path = join(cwd, 'ring')
  await keys(cwd, 'new', 'ring')
  const [old] = keysIn(path)
  const out = await keys(cwd, 'rotate', 'ring')
  const [next, kept, ...more] = keysIn(path)
  t.same(more, [])
  t.equal(next!.nbf - next!.iat, 600)
  t.equal(next!.exp, undefined)
  t.same(kept, { ...old, exp: next!.nbf + 86_400 })
  t.equal(out, `ring: EdDSA key ${next!.kid} signs in 10m\n`)
  await keys(cwd, 'rotate', 'ring', '--overlap', '90s', '--keep', '1h')
  const [third, second, first] = [undefined, next!.kid, old!.kid].map(kid => keysIn(path).find(key => kid === undefined ? key.exp === undefined : key.kid === kid))
  t.equal(third!.nbf - third!.iat, 90)
  t.ok(second!.exp! > second!.nbf, 'a key that has not begun yet is no broken one')
  t.ok(first!.exp! <= third!.nbf + 3600, 'an end is only ever brought forward')
  t.doesNotThrow(() => parseRing(readFileSync(path, 'utf8'), 'ring', fakeClock(Date.now())))
})

t.test('drops keys that have ended, and rotates every algorithm of a ring', async t => {
  const [pair, secret] = [{ ...newRingKey('EdDSA', now() - 100), exp: now() - 1 }, newRingKey('HS256', now() - 100)]
  const cwd = t.testdir({ ring: JSON.stringify({ keys: [pair, secret] }) })
  t.match(await keys(cwd, 'rotate', 'ring', '--overlap', '0s'), /ring: EdDSA key \S+ signs in 0s\nring: HS256 key \S+ signs in 0s\nring: dropped 1 key that had ended\n/)
  t.same(keysIn(join(cwd, 'ring')).map(({ alg }) => alg), ['EdDSA', 'HS256', 'HS256'])
})

t.test('replaces a ring at once, with its mode, through a link', async t => {
  const cwd = t.testdir({ ring: JSON.stringify({ keys: [newRingKey('EdDSA', now())] }) })
  chmodSync(join(cwd, 'ring'), 0o640)
  symlinkSync('ring', join(cwd, 'link'))
  await keys(cwd, 'rotate', 'link')
  t.ok(lstatSync(join(cwd, 'link')).isSymbolicLink())
  t.equal(keysIn(join(cwd, 'ring')).length, 2)
  t.equal(modeOf(join(cwd, 'ring')), '640')
  t.same(readdirSync(cwd).sort(), ['link', 'ring'], 'nothing is left beside it')
})

t.test('leaves the ring to its owner', { skip: process.getuid?.() === 0 ? false : 'only root can give files away' }, async t => {
  const cwd = t.testdir({ ring: JSON.stringify({ keys: [newRingKey('EdDSA', now())] }) })
  chownSync(join(cwd, 'ring'), 12_345, 12_345)
  await keys(cwd, 'rotate', 'ring')
  t.match(statSync(join(cwd, 'ring')), { uid: 12_345, gid: 12_345 })
})

t.test('leaves the ring as it is where it cannot be replaced', async t => {
  const ring = JSON.stringify({ keys: [newRingKey('EdDSA', now())] })
  const cwd = t.testdir({ ring, [`ring.${process.pid}.new`]: '' })
  await t.rejects(keys(cwd, 'rotate', 'ring'), { code: 'EEXIST', syscall: 'open' })
  t.equal(readFileSync(join(cwd, 'ring'), 'utf8'), ring)
})

t.test('lists what each key is good for, and no secret', async t => {
  const at = now()
  const ring = [{ ...newRingKey('EdDSA', at - 200), exp: at - 100 }, { ...newRingKey('EdDSA', at - 90), exp: at + 100 }, newRingKey('EdDSA', at - 50), newRingKey('EdDSA', at, at + 600)]
  const cwd = t.testdir({ ring: JSON.stringify({ keys: ring }) })
  const out = await keys(cwd, 'list', 'ring')
  const rows = out.trimEnd().split('\n').map(line => line.split(/ {2,}/))
  t.same(rows[0], ['KEY', 'ALGORITHM', 'STATE', 'MADE', 'SIGNS FROM', 'VERIFIES UNTIL'])
  t.same(rows.slice(1).map(([kid, , state]) => [kid, state]), [[ring[3]!.kid, 'next'], [ring[2]!.kid, 'signing'], [ring[1]!.kid, 'previous'], [ring[0]!.kid, 'ended']])
  t.equal(rows[2]![5], 'replaced')
  t.equal(rows[3]![5], new Date((at + 100) * 1000).toISOString().replace('.000', ''))
  for (const { d, x } of ring) t.notOk(out.includes(d!) || out.includes(x!))
})

t.test('prints the public keys', async t => {
  const key = newRingKey('EdDSA', now())
  const ended = { ...newRingKey('EdDSA', now() - 10), exp: now() - 1 }
  const cwd = t.testdir({ ring: JSON.stringify({ keys: [key, ended, newRingKey('HS256', now())] }), secrets: JSON.stringify({ keys: [newRingKey('HS256', now())] }) })
  t.same(JSON.parse(await keys(cwd, 'public', 'ring')), { keys: [{ kty: 'OKP', crv: 'Ed25519', x: key.x, kid: key.kid, alg: 'EdDSA', use: 'sig' }] })
  await t.rejects(keys(cwd, 'public', 'secrets'), { name: 'UsageError', message: /no public keys.*`gatehouse keys derive`/ })
})

t.test('derives the keys of one upstream', async t => {
  const master = newRingKey('HS256', now())
  const ended = { ...newRingKey('HS256', now() - 10), exp: now() - 1 }
  const cwd = t.testdir({ ring: JSON.stringify({ keys: [master, ended] }), pairs: JSON.stringify({ keys: [newRingKey('EdDSA', now())] }) })
  const { secret } = derivedKey(master, 'orders')
  t.same(JSON.parse(await keys(cwd, 'derive', 'ring', '--audience', 'orders')), { keys: [{ kty: 'oct', k: secret.toString('base64url'), kid: `${master.kid}/orders`, alg: 'HS256', use: 'sig' }] })
  await t.rejects(keys(cwd, 'derive', 'ring'), { name: 'UsageError', message: /--audience/ })
  await t.rejects(keys(cwd, 'derive', 'pairs', '--audience', 'orders'), { name: 'UsageError', message: /no HS256 key/ })
})

t.test('prints an API key once, with the entry that is no secret', async t => {
  const out = await keys(t.testdir(), 'api-key', '--id', 'reporting', '--scopes', 'orders.read, orders.write')
  const [, key] = /^key, shown this once: (\S+)$/m.exec(out) ?? []
  const [, entry] = /^entry of the route file: (.+)$/m.exec(out) ?? []
  t.match(JSON.parse(entry!), { id: 'reporting', hash: String, scopes: ['orders.read', 'orders.write'] })
  t.notOk(entry!.includes(key!))
  t.notSame(await keys(t.testdir(), 'api-key'), out)
})

t.test('says what is wrong with the command line or the ring', async t => {
  const cwd = t.testdir({ broken: '{"keys": 1}' })
  const WRONG: [string[], RegExp][] = [
    [[], /one of new, rotate, list, public, derive, api-key/],
    [['rotat'], /did you mean "rotate"/],
    [['constructor'], /no such thing/],
    [['new'], /one file/],
    [['new', 'a', 'b'], /one file/],
    [['new', 'a', '--for', 'cookies'], /passport or session/],
    [['new', 'a', '--algorithm', 'RS256'], /EdDSA or HS256/],
    [['new', 'a', '--for', 'session', '--algorithm', 'HS256'], /A256GCM/],
    [['rotate', 'broken', '--overlap', '10'], /--overlap 10: expected a duration/],
    [['rotate', 'broken', '--keep', '5s'], /at least 60s/],
    [['list', 'broken'], /broken: not a key ring: it has no list of "keys"/],
    [['api-key', 'file'], /writes no file/]
  ]
  for (const [args, message] of WRONG) await t.rejects(keys(cwd, ...args), { name: 'UsageError', message }, args.join(' '))
  t.ok(new UsageError('') instanceof Error)
  await t.rejects(keys(cwd, 'list', 'missing'), { code: 'ENOENT', syscall: 'open' })
  writeFileSync(join(cwd, 'folder-file'), '')
  await t.rejects(keys(cwd, 'new', 'folder-file/ring'), { code: 'EEXIST', syscall: 'mkdir' })
})
