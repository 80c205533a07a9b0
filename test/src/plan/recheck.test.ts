import t from 'tap'
import { type Dispatch, type Exchange } from '../../../src/contract/index.ts'
import { room, route } from './one-route.ts'

for (const [what, request, path, query] of [
  ['is made canonical', (x: Exchange) => { x.path = '/a%7e/"' }, '/a~/%22', ''],
  ['may have a query', (x: Exchange) => { x.query = 'a=%20b' }, '/', 'a=%20b'],
  ['may be split by another filter', (x: Exchange) => { x.path = '/a/b' }, '/a/b', '']
] as const) {
  t.test(`a path that a filter has set ${what}`, async t => {
    const { reply, x } = await route([room('f', { request })]).call()
    t.same([reply.status, x.path, x.query], [200, path, query])
  })
}

for (const [what, change] of Object.entries({
  'a dot segment': x => { x.path = '/a/../b' },
  'a hidden dot segment': x => { x.path = '/..;/b' },
  'a control character': x => { x.path = '/\n' },
  'no slash': x => { x.path = 'a' },
  'no text': x => { x.path = undefined as never },
  'a fragment in the query': x => { x.query = 'a#b' },
  'a space in the query': x => { x.query = 'a b' }
}) as [string, (x: Exchange) => void][]) {
  t.test(`${what} made by a filter never gets to upstream`, async t => {
    const upstream = async () => t.fail('it did') as never
    for (const phases of [{ request: change }, { dispatch: (next: Dispatch) => async (x: Exchange) => { change(x); return await next(x) } }]) {
      const { call } = route([room('f', phases), room('later', { request: x => { if ('request' in phases) t.fail(`nor to ${x.path}`) } })], { upstream })
      t.match((await call()).reply, { status: 400, code: 'GW_UNSAFE_PATH' })
    }
  })
}
