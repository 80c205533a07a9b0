import t from 'tap'
import { opossumBreakers } from '../../../../src/adapters/breaker/opossum-breaker.ts'
import { fakeClock, fakeLog } from '../../../../src/testing/index.ts'
import { entered, made, OPTIONS } from './opossum-breaker/breaker.ts'

function registry () {
  const clock = fakeClock(Date.UTC(2026, 0, 1))
  const log = fakeLog()
  const breakers = opossumBreakers({ clock, log })
  const make = (name: string) => breakers({ ...OPTIONS, name })
  const open = (name: string) => {
    const breaker = make(name)
    for (let i = 0; i < 4; i++) entered(breaker).end('failure')
    return breaker
  }
  const names = (limit = 9) => breakers.board.list(limit).breakers.map(({ name }) => name)
  return { clock, log, board: breakers.board, make, open, names }
}

t.test('shows a breaker with what it has counted', t => {
  const { board, clock, end, breaker, opened } = made({ maxConcurrent: 2, window: 20, minimumCalls: 8 })
  t.same(board.view('idp'), { name: 'idp', state: 'closed', calls: 0, failures: 0, slow: 0, failureRate: null, slowRate: null, running: 0, notPermitted: 0, full: 0, openUntil: null })
  end('success', 'slow', 'slow-failure', 'ignored')
  const running = [entered(breaker), entered(breaker)]
  breaker.enter()
  t.match(board.view('idp'), { calls: 3, failures: 1, slow: 2, failureRate: 1 / 3, slowRate: 2 / 3, running: 2, notPermitted: 0, full: 1 })
  for (const call of running) call.end('failure')
  clock.set(Date.UTC(2026, 0, 1))
  opened()
  breaker.enter()
  breaker.enter()
  t.match(board.view('idp'), { state: 'open', calls: 8, failures: 6, failureRate: 0.75, running: 0, notPermitted: 2, full: 1, openUntil: '2026-01-01T00:00:01.000Z' })
  clock.advance(400)
  t.match(board.view('idp'), { openUntil: '2026-01-01T00:00:01.000Z' })
  clock.advance(600)
  t.match(board.view('idp'), { state: 'half-open', calls: 0, openUntil: null })
  end('success', 'failure')
  t.match(board.view('idp'), { state: 'half-open', calls: 2, failures: 1 })
  breaker.force('forced-open')
  t.match(board.view('idp'), { state: 'forced-open', calls: 0, openUntil: null })
  t.end()
})

t.test('lists those first that are not closed, and no more than are asked for', t => {
  const { board, make, open, names } = registry()
  make('a')
  open('b')
  make('c').force('disabled')
  make('d')
  t.same(names(), ['b', 'c', 'a', 'd'])
  t.same(names(3), ['b', 'c', 'a'])
  t.same(names(1), ['b'])
  t.equal(board.list(1).total, 4)
  t.end()
})

t.test('forgets what in a time window is too old', t => {
  const { board, clock, end } = made({ window: { ms: 1000 } })
  end('failure')
  clock.advance(5000)
  t.match(board.view('idp'), { calls: 0, failures: 0 })
  t.end()
})

t.test('knows nothing of names that no breaker has', t => {
  const { board, make } = registry()
  make('a').close()
  for (const name of ['a', 'b', '', '__proto__']) {
    t.equal(board.view(name), null)
    t.equal(board.force(name, 'disabled'), null)
  }
  t.end()
})

t.test('of one name means the newest, and the one before where the newest goes first', t => {
  const { board, make, names } = registry()
  const [old, next] = [make('a'), make('a')]
  t.same(names(), ['a'])
  t.match(board.force('a', 'disabled'), { state: 'disabled' })
  t.same([old.state, next.state], ['closed', 'disabled'])
  next.close()
  t.match(board.view('a'), { state: 'closed' }, 'a configuration that did not come into force')
  const last = make('a')
  old.close()
  board.force('a', 'forced-open')
  t.equal(last.state, 'forced-open')
  last.close()
  t.same(names(), [])
  t.end()
})

t.test('what an operator has taken over stays so when a new plan takes the place of the old', t => {
  const { board, make } = registry()
  const old = make('a')
  board.force('a', 'forced-open')
  const next = make('a')
  t.equal(next.state, 'forced-open')
  t.equal(next.enter(), 'open')
  old.close()
  t.equal(make('a').state, 'forced-open', 'and after that one, too')
  t.match(board.force('a', null), { state: 'closed' })
  t.equal(make('a').state, 'closed')
  t.end()
})

t.test('what a room has forced does not stay: the next says itself what it wants', t => {
  const { board, make } = registry()
  make('a').force('disabled')
  const next = make('a')
  t.equal(next.state, 'closed')
  board.force('a', 'disabled')
  next.force('metrics-only')
  t.equal(make('a').state, 'closed')
  t.end()
})

t.test('logs what operators do, and not what rooms do', t => {
  const { board, make, log } = registry()
  make('a').force('disabled')
  t.same(log.lines, [])
  board.force('a', 'forced-open')
  board.force('a', null)
  t.strictSame(log.lines, [
    { level: 'warn', fields: { 'gatehouse.breaker': 'a', 'gatehouse.breaker.state': 'forced-open' }, message: 'circuit breaker taken over' },
    { level: 'warn', fields: { 'gatehouse.breaker': 'a', 'gatehouse.breaker.state': 'closed' }, message: 'circuit breaker given back' }
  ])
  t.end()
})
