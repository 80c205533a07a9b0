import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import passport from '../../../../plugins/filters/passport/index.ts'
import { principal } from '../../../../src/contract/index.ts'
import { Rings } from '../../../../src/identity/rings/rings.ts'
import { fakeClock, mount, type FakeKeys } from '../../../../src/testing/index.ts'

/** The services of docs/passport.md, as they stand there but for the gateway's address and where the package lies. */
const GUIDE = readFileSync(new URL('../../../../docs/passport.md', import.meta.url), 'utf8')
const PACKAGE = new URL('../../../../plugins/filters/passport/verifier/index.ts', import.meta.url).href

const clock = fakeClock(Date.now())
const rings = new Rings({ rings: new Map([['passport', { keys: 'ephemeral' }]]), clock })
const { call } = mount(passport, { audience: 'orders' }, undefined, { services: { clock, keys: rings as unknown as FakeKeys } })
const headers = async () => ({ 'x-passport': (await call({ principal: principal({ subject: 'ada', source: 'jwt', level: 2, scopes: ['orders.read'] }) })).x.headers.first('x-passport')! })

async function listening (t: Test, server: Server): Promise<string> {
  await new Promise<void>(resolve => { server.listen(0, '127.0.0.1', resolve) })
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** Runs a block of the guide beside a gateway that publishes its keys. */
async function imported<T> (t: Test, file: string): Promise<T> {
  const admin = await listening(t, createServer((_req, res) => { res.end(JSON.stringify(rings.publicJwks('passport'))) }))
  const code = GUIDE.split(`\`\`\`ts ${file}\n`)[1]!.split('\n```')[0]!
  const folder = t.testdir({ [file]: code.replace("'gatehouse/passport'", `'${PACKAGE}'`).replace('http://127.0.0.1:9090', admin) })
  return await import(pathToFileURL(join(folder, file)).href) as T
}

t.test('the service of the guide knows who is calling', async t => {
  const { server } = await imported<{ server: Server }>(t, 'service.ts')
  const origin = await listening(t, server)
  t.same(await (await fetch(origin, { headers: await headers() })).json(), { sub: 'ada', scp: ['orders.read'] })
  t.equal((await fetch(origin)).status, 401)
})

t.test('so does the one with Fastify', async t => {
  const { app } = await imported<{ app: FastifyInstance }>(t, 'app.ts')
  t.teardown(() => app.close())
  t.same((await app.inject({ url: '/orders/7', headers: await headers() })).json(), { for: 'ada' })
  t.equal((await app.inject({ url: '/orders/7' })).statusCode, 401)
  t.equal((await app.inject({ url: '/health' })).body, 'ok')
})
