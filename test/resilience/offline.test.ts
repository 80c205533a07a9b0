import { Socket as DatagramSocket } from 'node:dgram'
import { promises } from 'node:dns'
import { writeFileSync } from 'node:fs'
import { Socket } from 'node:net'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { cli } from '../src/cli/cli-io.ts'
import { everything } from './everything.ts'

/** Addresses that somebody could connect to, and what nobody may do. */
const PEERS = { a: 'http://10.255.0.1:81', b: 'http://10.255.0.2:81', down: 'http://10.255.0.3:81', redis: { cluster: ['10.255.0.4:6379'] }, webhook: 'http://10.255.0.5/hook', file: 'endpoints.json', domain: 'orders.test', port: 81 }

/** Every attempt to reach somebody. */
function attempts (t: Test): string[] {
  const seen: string[] = []
  const watched = (owner: object, name: string) => {
    const known = (owner as Record<string, unknown>)[name]
    Object.assign(owner, {
      [name]: () => {
        seen.push(name)
        throw new Error(`${name} is not for commands that only talk`)
      }
    })
    t.teardown(() => { Object.assign(owner, { [name]: known }) })
  }
  watched(Socket.prototype, 'connect')
  watched(DatagramSocket.prototype, 'send')
  watched(DatagramSocket.prototype, 'bind')
  for (const name of ['lookup', 'resolve4', 'resolve6', 'Resolver']) watched(promises, name)
  return seen
}

const handles = (): string[] => process.getActiveResourcesInfo().filter(name => !/^(Immediate|FSReq.*)$/.test(name)).sort()

/** The file with tests of two routes, in a folder of its own. */
function folder (t: Test): string {
  const setup = everything(PEERS)
  const routes = setup.routes.map(one => ({
    ...one,
    tests: one['id'] === 'sorry'
      ? [{ request: 'GET /sorry/1', expect: { status: 203 } }]
      : [{ request: `GET /${String(one['id'])}/1`, headers: { 'X-Key': 'a' }, expect: { route: one['id'], ...one['id'] === 'orders' && { upstream: 'orders' } } }]
  }))
  const cwd = t.testdir()
  // JSON is YAML
  writeFileSync(join(cwd, 'routes.yaml'), JSON.stringify({ version: 1, ...setup, routes }))
  writeFileSync(join(cwd, 'endpoints.json'), JSON.stringify(['http://10.255.0.6:81']))
  return cwd
}

t.test('commands that only talk of a file with all rooms connect to nobody', async t => {
  const cwd = folder(t)
  const seen = attempts(t)
  const before = handles()
  const checked = await cli(['check'], { cwd })
  t.match(checked, { status: 0 }, checked.err)
  const tested = await cli(['test'], { cwd })
  t.match(tested, { status: 0, out: /^1\.\.3$/m }, tested.out + tested.err)
  for (const path of ['/orders/1', '/broken/1', '/sorry/1']) {
    const { status, out, err } = await cli(['explain', '--json', '-H', 'X-Key: a', path], { cwd })
    t.equal(status, 0, err)
    const { route, filters } = JSON.parse(out)
    t.equal(route.id, path.split('/')[1])
    t.same(filters.filter(({ decision }: { decision: string }) => !['passed', 'skipped', 'looked-on', 'answered'].includes(decision)).map(({ name, decision }: { name: string, decision: string }) => [name, decision]), [], path)
  }
  const { out } = await cli(['explain', '-H', 'X-Key: a', '/orders/1'], { cwd })
  t.match(out, /one of .*orders.*by header X-Key/)
  t.match((await cli(['routes'], { cwd })).out, /90:orders 10:canary by/)
  t.same(seen, [])
  t.same(handles(), before)
})
