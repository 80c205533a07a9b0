import t from 'tap'
import { capture, NO_PARAMS } from '../../../src/contract/exchange.ts'
import { exchange } from '../../../src/testing/index.ts'

t.test('begins with what arrived and nothing decided', async t => {
  const x = exchange({ method: 'PUT', target: '/a?b=c', host: 'A.test:81' })
  t.match(x, { method: 'PUT', routingMethod: 'PUT', path: '/a', query: 'b=c', originalPath: '/a', originalQuery: 'b=c', host: 'a.test', authority: 'A.test:81', scheme: 'http' })
  t.match(x, { route: null, origin: null, upstreamHost: null, endpoint: null, attempt: 0, reply: null, aborted: null, upgrade: null })
  t.equal(x.params, NO_PARAMS)
})

t.test('remembers path and query as they were before any filter', async t => {
  const x = exchange({ target: '/a?b=c' })
  x.path = '/d'
  x.query = ''
  t.match(x, { originalPath: '/a', originalQuery: 'b=c' })
})

t.test('gives every exchange the same shape', async t => {
  t.same(Object.keys(exchange({ body: 'a', headers: { a: 'b' } })), Object.keys(exchange()))
})

t.test('captured variables add to those there are, the later one wins', async t => {
  const x = exchange()
  capture(x, { a: '1', b: '2' })
  const before = x.params
  capture(x, { b: '3', c: '4' })
  t.same({ ...x.params }, { a: '1', b: '3', c: '4' })
  t.same({ ...before }, { a: '1', b: '2' }, 'what was captured before is left as it was')
})

t.test('captured variables have no prototype, whatever they were captured in', async t => {
  const x = exchange()
  t.equal(x.params['constructor'], undefined)
  for (const captured of [{ a: '1' }, JSON.parse('{"__proto__":"2"}') as Record<string, string>]) {
    capture(x, captured)
    t.equal(Object.getPrototypeOf(x.params), null)
  }
  t.same(Object.entries(x.params), [['a', '1'], ['__proto__', '2']])
})

t.test('the variables of an exchange without any cannot be written', async t => {
  t.throws(() => { (NO_PARAMS as Record<string, string>)['a'] = 'b' }, TypeError)
})

t.test('a signal that is asked for before the end is aborted by it', async t => {
  const x = exchange()
  const { signal } = x
  t.equal(signal.aborted, false)
  t.equal(x.signal, signal, 'there is one signal')
  const reason = new Error('gone')
  x.abort(reason)
  t.same([signal.aborted, signal.reason, x.aborted], [true, reason, reason])
})

t.test('a signal that is asked for after the end is aborted already', async t => {
  const x = exchange()
  const reason = new Error('gone')
  x.abort(reason)
  t.same([x.signal.aborted, x.signal.reason], [true, reason])
})

t.test('the first reason counts', async t => {
  const x = exchange()
  const told: Error[] = []
  x.onAbort({ abort: reason => told.push(reason) })
  const first = new Error('first')
  x.abort(first)
  x.abort(new Error('second'))
  t.equal(x.aborted, first)
  t.equal(x.signal.reason, first)
  t.same(told, [first])
})

t.test('tells all who wait, in order, and those who come late at once', async t => {
  const x = exchange()
  const told: string[] = []
  x.onAbort({ abort: ({ message }) => told.push(`a ${message}`) })
  x.onAbort({ abort: ({ message }) => told.push(`b ${message}`) })
  t.same(told, [])
  x.abort(new Error('gone'))
  x.onAbort({ abort: ({ message }) => told.push(`c ${message}`) })
  t.same(told, ['a gone', 'b gone', 'c gone'])
})

t.test('someone told of the end may ask and listen again', async t => {
  const x = exchange()
  const told: string[] = []
  x.onAbort({
    abort: () => {
      t.equal(x.signal.aborted, true)
      x.onAbort({ abort: () => told.push('inner') })
      x.abort(new Error('again'))
    }
  })
  x.abort(new Error('gone'))
  t.same(told, ['inner'])
})

t.test('a declared length over the limit fails at once', async t => {
  t.throws(() => exchange({ body: '12345' }).limitBody(4), { code: 'GW_BODY_TOO_LARGE' })
  t.doesNotThrow(() => exchange({ body: '12345' }).limitBody(5))
  t.doesNotThrow(() => exchange().limitBody(0))
})

t.test('a body of unknown length ends the exchange when it is over the limit', async t => {
  const x = exchange({ body: ['123', '45'] })
  x.limitBody(4)
  await t.rejects(x.body.hold(100), { code: 'GW_BODY_TOO_LARGE' })

  const small = exchange({ body: ['12', '34'] })
  small.limitBody(4)
  t.equal(Buffer.from((await small.body.hold(100))!).toString(), '1234')
})

t.test('the smallest limit wins, whoever comes first', async t => {
  for (const limits of [[4, 100], [100, 4]]) {
    const x = exchange({ body: ['123', '45'] })
    for (const limit of limits) x.limitBody(limit)
    await t.rejects(x.body.hold(100), { code: 'GW_BODY_TOO_LARGE' })
  }
})

t.test('a filter that only reports lets a larger body pass', async t => {
  const x = exchange({ body: ['123', '45'] })
  x.asking = { index: 0, report: true }
  x.limitBody(4)
  t.equal(Buffer.from((await x.body.hold(100))!).toString(), '12345')
})

t.test('notes which filter has set a limit, so that its decision can be counted in the end', async t => {
  const x = exchange({ body: ['1'] })
  x.limitBody(9)
  t.equal(x.limits, null, 'none where no filter asks')
  x.asking = { index: 2, report: false }
  x.limitBody(8)
  x.limitBody(7)
  t.same(x.limits, { index: 2, maxBytes: 7, next: null })
})

const named = (name: string, told: string[]) => ({ abort: ({ message }: Error) => { told.push(`${name} ${message}`) } })

t.test('inside a scope, waiting and calling follow the scope; after it, what is around it', async t => {
  const x = exchange()
  const told: string[] = []
  const { signal } = x
  const scope = x.openScope()
  x.onAbort(named('call', told))
  t.not(x.signal, signal)
  const reason = new Error('late')
  scope.abort(reason)
  t.same([told, x.aborted, x.signal.reason, signal.aborted], [['call late'], reason, reason, false])
  x.closeScope(scope)
  t.same([x.aborted, x.signal], [null, signal])
  x.onAbort(named('again', told))
  x.abort(new Error('gone'))
  t.same(told, ['call late', 'again gone'])
})

t.test('a call that outlives its scope ends with the exchange', async t => {
  const x = exchange()
  const told: string[] = []
  const outer = x.openScope()
  const inner = x.openScope()
  x.onAbort(named('call', told))
  x.closeScope(inner)
  x.closeScope(outer)
  inner.abort(new Error('late'))
  outer.abort(new Error('late'))
  t.same(told, [])
  x.abort(new Error('gone'))
  t.same(told, ['call gone'])
})

t.test('a scope can be closed when the exchange is over already', async t => {
  const x = exchange()
  const scope = x.openScope()
  const reason = new Error('gone')
  x.abort(reason)
  t.equal(scope.aborted, reason)
  x.closeScope(scope)
  t.equal(x.aborted, reason)
  const late = x.openScope()
  t.equal(late.aborted, reason)
  x.closeScope(late)
})

t.test('closing a scope takes those with it that somebody inside has left open, and these may be closed later', async t => {
  const x = exchange()
  const told: string[] = []
  const outer = x.openScope()
  const inner = x.openScope()
  x.onAbort(named('left', told))
  inner.abort(new Error('late'))
  x.closeScope(outer)
  t.equal(x.aborted, null)
  x.onAbort(named('next', told))
  x.closeScope(inner)
  x.closeScope(inner)
  t.equal(x.aborted, null)
  x.abort(new Error('gone'))
  t.same(told, ['left late', 'next gone'])
})

t.test('a fork is the same request, with fields of its own', async t => {
  const x = exchange({ method: 'GET', target: '/a?b=c', headers: { 'x-a': '1' }, params: { id: '7' }, ownCookies: { 'gh-session': 's' } })
  Object.assign(x, { path: '/d', query: 'e', routingMethod: 'PUT', origin: 'http://o.test', upstreamHost: 'h.test', deadline: 9, depth: 2, timed: true })
  x.avoid = ['http://a.test']
  x.fallback = { kind: 'route', filter: 'f', code: null, status: 503 }
  x.marks = [undefined, 'skipped']
  x.gates = []
  const twin = x.fork()
  t.match(twin, {
    id: x.id,
    method: 'GET',
    path: '/d',
    query: 'e',
    originalPath: '/a',
    originalQuery: 'b=c',
    routingMethod: 'PUT',
    host: x.host,
    authority: x.authority,
    origin: 'http://o.test',
    upstreamHost: 'h.test',
    deadline: 9,
    depth: 2,
    timed: true,
    attempt: 0,
    endpoint: null,
    reply: null,
    upstream: null
  })
  t.same([twin.avoid, twin.fallback, twin.marks, twin.gates, twin.calls], [x.avoid, x.fallback, x.marks, [], null])
  t.same([twin.client, twin.body, twin.params, twin.ownCookies], [x.client, x.body, x.params, x.ownCookies])
  t.equal(twin.timing.start, x.timing.start)
  twin.headers.set('x-a', '2')
  twin.gates = [{ admits: () => true, enter: () => null }]
  twin.marks![0] = 'decided'
  twin.path = '/f'
  t.same([x.headers.first('x-a'), x.gates, x.marks, x.path], ['1', [], [undefined, 'skipped'], '/d'])
})

t.test('a fork has a place of its own for the calls of the filters it goes through', async t => {
  const x = exchange()
  x.calls = [{ pending: new Promise(() => {}), reply: null }]
  t.same(x.fork().calls, [undefined])
})

t.test('a fork ends with its exchange, and by itself', async t => {
  const x = exchange()
  const told: string[] = []
  const [one, other] = [x.fork(), x.fork()]
  one.onAbort(named('one', told))
  other.onAbort(named('other', told))
  one.abort(new Error('enough'))
  t.same([told, x.aborted, other.aborted], [['one enough'], null, null])
  x.abort(new Error('gone'))
  t.same(told, ['one enough', 'other gone'])
  t.equal(x.fork().aborted?.message, 'gone')
})

t.test('a fork ends with the scope that it was made in, but for one that it stands beside', async t => {
  const x = exchange()
  const around = x.openScope()
  const scope = x.openScope()
  const within = x.openScope()
  const [inside, beside] = [x.fork(), x.fork(scope)]
  scope.abort(new Error('late'))
  t.same([inside.aborted?.message, within.aborted?.message, beside.aborted], ['late', 'late', null])
  x.closeScope(scope)
  around.abort(new Error('all late'))
  t.equal(beside.aborted?.message, 'all late')
})

t.test('a fork that is over is forgotten, wherever it was handed to', async t => {
  const x = exchange()
  const scope = x.openScope()
  const twin = x.fork()
  x.forget(twin)
  const other = x.fork()
  x.closeScope(scope)
  x.forget(other)
  x.abort(new Error('gone'))
  t.same([twin.aborted, other.aborted], [null, null])
})
