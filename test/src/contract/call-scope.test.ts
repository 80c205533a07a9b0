import fc from 'fast-check'
import t from 'tap'
import { CallScope, type Abortable } from '../../../src/contract/call-scope.ts'

/** Notes in `told` what it is aborted with. */
const named = (name: string, told: string[]): Abortable => ({ abort: ({ message }) => told.push(`${name} ${message}`) })

t.test('aborting a scope ends what was begun in it, and nothing around it', async t => {
  const told: string[] = []
  const outer = new CallScope()
  outer.add(named('before', told))
  const inner = new CallScope(outer)
  inner.add(named('inside', told))
  const reason = new Error('late')
  inner.abort(reason)
  t.same(told, ['inside late'])
  t.same([inner.aborted, inner.signal.aborted, inner.signal.reason], [reason, true, reason])
  t.same([outer.aborted, outer.signal.aborted], [null, false])
})

t.test('the end of all reaches every scope, in the order in which things were begun', async t => {
  const told: string[] = []
  const whole = new CallScope()
  whole.add(named('a', told))
  const outer = new CallScope(whole)
  outer.add(named('b', told))
  const inner = new CallScope(outer)
  inner.add(named('c', told))
  inner.signal.addEventListener('abort', () => told.push('signal'))
  outer.add(named('d', told))
  whole.add(named('e', told))
  whole.abort(new Error('gone'))
  t.same(told, ['a gone', 'b gone', 'signal', 'c gone', 'd gone', 'e gone'])
})

t.test('what comes late is aborted at once, and so is a scope opened then', async t => {
  const told: string[] = []
  const whole = new CallScope()
  const reason = new Error('gone')
  whole.abort(reason)
  const late = new CallScope(whole)
  late.add(named('late', told))
  t.same([told, late.aborted, late.signal.reason], [['late gone'], reason, reason])
  late.close()
  t.same(told, ['late gone'], 'and is not told again when the scope is closed')
})

t.test('the first reason counts', async t => {
  const told: string[] = []
  const whole = new CallScope()
  const scope = new CallScope(whole)
  scope.add(named('one', told))
  scope.abort(new Error('late'))
  scope.abort(new Error('later'))
  whole.abort(new Error('gone'))
  t.same([told, scope.aborted?.message], [['one late'], 'late'])
})

t.test('closing hands over what is under way: the scope around ends it now, in its place, the closed one does not', async t => {
  for (const many of [1, 2]) {
    const told: string[] = []
    const whole = new CallScope()
    whole.add(named('a', told))
    const scope = new CallScope(whole)
    for (let i = 0; i < many; i++) scope.add(named(`call${i}`, told))
    whole.add(named('z', told))
    scope.close()
    scope.abort(new Error('late'))
    t.same(told, [])
    whole.abort(new Error('gone'))
    t.same(told, ['a gone', ...['call0 gone', 'call1 gone'].slice(0, many), 'z gone'])
  }
})

t.test('a scope is closed once: a second time does nothing', async t => {
  const told: string[] = []
  const whole = new CallScope()
  const scope = new CallScope(whole)
  scope.add(named('one', told))
  scope.close()
  scope.close()
  whole.abort(new Error('gone'))
  t.same(told, ['one gone'])
})

t.test('whoever waits on the signal of a closed scope still hears of the end of all', async t => {
  const whole = new CallScope()
  const scope = new CallScope(whole)
  const told: string[] = []
  scope.add(named('call', told))
  scope.signal.addEventListener('abort', () => told.push('signal'))
  scope.close()
  whole.abort(new Error('gone'))
  t.same(told.sort(), ['call gone', 'signal'])
})

t.test('closing a scope that was aborted leaves nothing', async t => {
  const told: string[] = []
  const whole = new CallScope()
  const scope = new CallScope(whole)
  scope.add(named('call', told))
  t.ok(scope.signal)
  scope.abort(new Error('late'))
  scope.close()
  whole.abort(new Error('gone'))
  t.same(told, ['call late'])
  t.equal(scope.signal.reason.message, 'late')
})

t.test('closed out of order, an inner scope belongs to what is open around both', async t => {
  const told: string[] = []
  const whole = new CallScope()
  const outer = new CallScope(whole)
  const inner = new CallScope(outer)
  inner.add(named('call', told))
  outer.close()
  t.equal(inner.around, whole)
  outer.abort(new Error('late'))
  t.same(told, [])
  inner.close()
  whole.abort(new Error('gone'))
  t.same(told, ['call gone'])
})

t.test('knows what it is within', async t => {
  const whole = new CallScope()
  const outer = new CallScope(whole)
  const inner = new CallScope(outer)
  const beside = new CallScope(whole)
  t.same([inner.isWithin(inner), inner.isWithin(outer), inner.isWithin(whole), outer.isWithin(inner), inner.isWithin(beside)], [true, true, true, false, false])
})

t.test('what is over can be taken out, wherever it was handed to', async t => {
  const told: string[] = []
  const whole = new CallScope()
  const scope = new CallScope(whole)
  const [one, other] = [named('one', told), named('other', told)]
  scope.add(one)
  scope.add(other)
  scope.close()
  new CallScope(whole).remove(one)
  scope.remove(named('nobody', told))
  whole.abort(new Error('gone'))
  t.same(told, ['other gone'])
})

t.test('the exchange itself is not closed', async t => {
  t.throws(() => new CallScope().close(), TypeError)
})

t.test('ten thousand scopes leave nothing behind but what is under way', async t => {
  const whole = new CallScope()
  const told: string[] = []
  const call = named('call', told)
  for (let i = 0; i < 10_000; i++) {
    const scope = new CallScope(whole)
    scope.add(call)
    scope.close()
    whole.remove(call)
  }
  whole.add(named('last', told))
  whole.abort(new Error('gone'))
  t.same(told, ['last gone'])
})

t.test('whatever is opened, begun, closed and aborted in whatever order: everything is told once at most, and at the end everything is', async t => {
  const step = fc.record({ act: fc.constantFrom('open', 'add', 'close', 'abort'), at: fc.nat() })
  fc.assert(fc.property(fc.array(step, { maxLength: 40 }), steps => {
    const whole = new CallScope()
    const scopes = [whole]
    const told = new Map<number, number>()
    for (const { act, at } of steps) {
      const scope = scopes[at % scopes.length]!
      if (act === 'open') scopes.push(new CallScope(scope))
      else if (act === 'add') {
        const id = told.size
        told.set(id, 0)
        scope.add({ abort: () => { told.set(id, told.get(id)! + 1) } })
      } else if (scope !== whole && act === 'abort') scope.abort(new Error('late'))
      else if (scope !== whole && act === 'close') {
        scope.close()
        scopes.splice(scopes.indexOf(scope), 1)
      }
    }
    whole.abort(new Error('gone'))
    return [...told.values()].every(times => times === 1)
  }), { numRuns: 300 })
  t.pass('holds')
})
