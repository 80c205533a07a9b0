import { PassThrough, Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import t from 'tap'
import { GatewayError } from '../../../src/contract/index.ts'
import { HeldBudget } from '../../../src/http/held-budget.ts'
import { RequestBody, type BodyOptions } from '../../../src/http/request-body.ts'

/** A body that arrives in these pieces; the test may end it itself. */
function body (pieces: readonly string[] | Readable, options: Partial<BodyOptions> = {}) {
  const source = pieces instanceof Readable ? pieces : Readable.from(pieces.map(piece => Buffer.from(piece)), { objectMode: false })
  const budget = options.budget ?? new HeldBudget(1000)
  const faults: string[] = []
  const reads: number[] = []
  const made = new RequestBody({ source, length: null, budget, idleMs: 0, onFault: ({ code }) => { faults.push(code) }, onRead: () => { reads.push(1) }, ...options })
  return { body: made, source, budget, faults, reads }
}
const held = async (made: RequestBody, max = 100): Promise<string | null> => {
  const bytes = await made.hold(max)
  return bytes && Buffer.from(bytes).toString()
}

t.test('a request without a body has nothing to read or send', async t => {
  const { body: none, reads } = body([], { source: null })
  t.same([none.present, none.consumed, none.replayable, none.outgoing(), none.outgoingLength, await held(none)], [false, true, true, null, null, ''])
  t.same([none.outgoing(), none.outgoingLength, reads], [null, null, []])
})

t.test('a body can be held, once for all', async t => {
  const { body: made, reads, budget } = body(['hel', 'lo'])
  t.equal(made.consumed, false)
  t.same(await Promise.all([held(made), held(made)]), ['hello', 'hello'])
  t.same([made.consumed, made.replayable, made.received, made.outgoingLength, reads.length, budget.left], [true, true, 5, 5, 1, 995])
  t.same([String(made.outgoing()), String(made.outgoing())], ['hello', 'hello'])
  t.equal(await held(made, 4), null, 'but not for one who takes less')
  made.release()
  t.equal(budget.left, 1000)
})

t.test('a body that is too large to hold streams on as if it had not been touched', async t => {
  for (const [options, max] of [[{}, 4], [{ length: 10 }, 9], [{ budget: new HeldBudget(4) }, 100], [{ length: 10, budget: new HeldBudget(9) }, 100]] as const) {
    const { body: made, budget } = body(['hello', 'world'], options)
    const before = budget.left
    t.equal(await held(made, max), null)
    t.equal(budget.left, before)
    t.equal(await text(made.outgoing() as Readable), 'helloworld')
    t.same([made.received, made.replayable], [10, false])
  }
})

t.test('one who takes more may hold what was too much for another', async t => {
  const { body: made } = body(['hello', 'world'])
  t.same([await held(made, 4), await held(made, 6), await held(made, 10)], [null, null, 'helloworld'])
})

t.test('a body that is on its way cannot be held or sent again', async t => {
  const { body: made } = body(['hello'])
  const outgoing = made.outgoing() as Readable
  t.equal(await held(made), null)
  t.throws(() => made.outgoing(), /sent twice/)
  t.equal(await text(outgoing), 'hello')
})

t.test('another body takes the place of the first, with its own length', async t => {
  const { body: made } = body(['hello'], { length: 5 })
  made.replace(Buffer.from('bye'))
  t.same([String(made.outgoing()), made.outgoingLength, made.replayable, made.trailer], ['bye', 3, true, null])
  made.replace(Buffer.alloc(0))
  t.same([made.outgoing(), made.outgoingLength], [null, 0])
  const { body: none } = body([], { source: null })
  none.replace(Buffer.from('new'))
  t.same([String(none.outgoing()), none.outgoingLength], ['new', 3])
})

t.test('a declared length over a limit is refused at once and counted once', async t => {
  let over = 0
  const { body: made } = body(['hello'], { length: 5 })
  t.throws(() => { made.limit(4, () => { over++ }) }, { code: 'GW_BODY_TOO_LARGE' })
  t.throws(() => { made.limit(4, null) }, { code: 'GW_BODY_TOO_LARGE' })
  t.doesNotThrow(() => { made.limit(5, null) })
  await text(made.outgoing() as Readable)
  t.equal(over, 0, 'whoever was told by the throw is not told again')
})

t.test('a limit holds for a body that is held, and for one that is', async t => {
  const { body: made } = body(['hello'])
  made.limit(4, null)
  await t.rejects(made.hold(100), { code: 'GW_BODY_TOO_LARGE' })
  const { body: whole } = body(['hello'])
  await whole.hold(100)
  t.throws(() => { whole.limit(4, null) }, { code: 'GW_BODY_TOO_LARGE' })
})

t.test('a limit holds for a body on its way; those who only count are told once', async t => {
  const { body: made, faults } = body(['hel', 'lo', 'wor', 'ld'])
  const counts: number[] = []
  made.limit(4, () => { counts.push(4) })
  made.limit(9, () => { counts.push(9) })
  made.limit(10, null)
  await text(made.outgoing() as Readable)
  t.same([faults, counts], [[], [4, 9]])
  const { body: cut, faults: told } = body(['hel', 'lo', 'wor', 'ld'])
  cut.limit(4, null)
  const outgoing = cut.outgoing() as Readable
  const seen: string[] = []
  outgoing.on('data', chunk => seen.push(String(chunk)))
  await new Promise(resolve => { setImmediate(resolve) })
  t.same([told, seen], [['GW_BODY_TOO_LARGE'], ['hel']])
  outgoing.destroy()
})

t.test('a body that was held counts against those who only count', async t => {
  const { body: made } = body(['hello'])
  let over = 0
  made.limit(4, () => { over++ })
  await made.hold(100)
  t.equal(over, 1)
})

t.test('a client that breaks off ends the hold, then or later', async t => {
  const source = new PassThrough()
  const { body: made } = body(source)
  source.write('he')
  const waiting = made.hold(100)
  source.destroy(new Error('gone'))
  await t.rejects(waiting, { code: 'GW_BAD_BODY' })
  await t.rejects(made.hold(100), { code: 'GW_BAD_BODY' })
})

t.test('a client that breaks off ends what goes upstream', async t => {
  const source = new PassThrough()
  const { body: made } = body(source)
  const outgoing = made.outgoing() as Readable
  source.write('he')
  source.destroy()
  await t.rejects(text(outgoing), { code: 'GW_CLIENT_GONE' })
  const late = body(new PassThrough().destroy()).body.outgoing() as Readable
  await t.rejects(text(late), { code: 'GW_CLIENT_GONE' })
})

t.test('what upstream does not want does not end the client', async t => {
  const source = new PassThrough()
  const { body: made } = body(source)
  const outgoing = made.outgoing() as Readable
  outgoing.resume()
  source.write('hello')
  await new Promise(resolve => { setImmediate(resolve) })
  outgoing.destroy()
  await new Promise(resolve => { setImmediate(resolve) })
  t.same([source.destroyed, source.isPaused(), made.consumed], [false, true, false])
})

t.test('one who waits for a body is told that it will not come, and so is one who would', async t => {
  const { body: made } = body(new PassThrough())
  const waiting = made.hold(100)
  made.fail(new GatewayError('GW_TOTAL_TIMEOUT'))
  await t.rejects(waiting, { code: 'GW_TOTAL_TIMEOUT' })
  await t.rejects(made.hold(100), { code: 'GW_TOTAL_TIMEOUT' })
})

t.test('a body that has stopped is late, held or on its way', async t => {
  const { body: made } = body(new PassThrough(), { idleMs: 5 })
  await t.rejects(made.hold(100), { code: 'GW_REQUEST_TIMEOUT' })
  const late = await new Promise(resolve => {
    const { body: sent } = body(new PassThrough(), { idleMs: 5, onFault: ({ code }) => { resolve(code) } })
    ;(sent.outgoing() as Readable).resume()
  })
  t.equal(late, 'GW_REQUEST_TIMEOUT')
})

t.test('trailer fields are known where the client announces them and the length is open', async t => {
  const source = Object.assign(Readable.from(['x']), { rawHeaders: ['Host', 'Trailer', 'Trailer', 'A', 'trailer', 'b, c'], rawTrailers: ['A', '1'] })
  const { body: made } = body(source)
  t.same([made.trailer, made.rawTrailers], ['A,b, c', ['A', '1']])
  t.equal(body(source, { length: 1 }).body.trailer, null)
  t.equal(body(['x']).body.trailer, null)
})

/** A copy, what it has come to, and how often it has told that it has come to anything. */
function copied (made: RequestBody, max = 100) {
  const copy = made.copy(max)
  let told = 0
  copy.settled(() => { told++ })
  return { copy, is: () => [copy.state, Buffer.from(copy.bytes()).toString(), copy.size, told] }
}

t.test('copies of a body on its way have what has passed, each as much as it takes', async t => {
  const { body: made, budget, reads } = body(['hel', 'lo', '', 'wor', 'ld'])
  const whole = copied(made)
  const exact = copied(made, 10)
  const over = copied(made, 9)
  const none = copied(made, 0)
  t.same([whole.is(), reads.length, made.awaitsClient], [['arriving', '', 0, 0], 0, true], 'and nobody is asked for it')
  t.equal(await text(made.outgoing() as Readable), 'helloworld')
  t.same([whole.is(), exact.is(), over.is(), none.is()], [['whole', 'helloworld', 10, 1], ['whole', 'helloworld', 10, 1], ['over', 'helloworl', 10, 1], ['over', '', 10, 1]])
  t.equal(budget.left, 1000 - 29)
  made.release()
  t.equal(budget.left, 1000 - 29, 'the copies outlive the body')
  for (const { copy } of [whole, exact, over, none, whole]) copy.release()
  t.same([budget.left, whole.is()], [1000, ['whole', '', 10, 1]])
})

t.test('a copy is whole at once of what is held, of what stands in for it, and of nothing', async t => {
  const { body: made, budget } = body(['hello'])
  const before = copied(made)
  await made.hold(100)
  t.same([before.is(), copied(made).is(), copied(made, 4).is()], [['whole', 'hello', 5, 1], ['whole', 'hello', 5, 1], ['over', 'hell', 5, 1]])
  made.replace(Buffer.from('bye'))
  t.same([copied(made).is(), before.is()[1]], [['whole', 'bye', 3, 1], 'hello'])
  made.release()
  t.same([copied(made).is(), budget.left], [['whole', 'bye', 3, 1], 1000 - 5 - 5 - 4 - 3 - 3], 'also when the exchange is over')
  const { body: other } = body(['hello'])
  const instead = copied(other)
  other.replace(Buffer.from('instead'))
  t.same(instead.is(), ['whole', 'instead', 7, 1])
  t.same([copied(body([], { source: null }).body).is(), copied(body([], { source: null }).body, 0).is()], [['whole', '', 0, 1], ['whole', '', 0, 1]])
})

t.test('a copy that was asked for before somebody could not hold the body goes with the stream', async t => {
  const { body: made } = body(['hello', 'world'])
  const early = copied(made)
  t.equal(await held(made, 6), null)
  const late = copied(made)
  t.equal(await text(made.outgoing() as Readable), 'helloworld')
  t.same([early.is(), late.is()], [['whole', 'helloworld', 10, 1], ['whole', 'helloworld', 10, 1]])
})

t.test('what has left already is not copied, and what will never come neither', async t => {
  const { body: sent } = body(['hello'])
  const outgoing = sent.outgoing() as Readable
  t.same(copied(sent).is(), ['broken', '', 0, 1])
  t.equal(await text(outgoing), 'hello')
  t.same(copied(sent).is(), ['broken', '', 0, 1])
  t.same(copied(body(new PassThrough().destroy()).body).is(), ['broken', '', 0, 1])
  const { body: unread } = body(['hello'])
  const waiting = copied(unread)
  unread.release()
  t.same([waiting.is(), copied(unread).is()], [['broken', '', 0, 1], ['broken', '', 0, 1]])
  const { body: failed } = body(new PassThrough())
  const hoping = copied(failed)
  failed.fail(new GatewayError('GW_TOTAL_TIMEOUT'))
  t.same([hoping.is(), copied(failed).is()], [['broken', '', 0, 1], ['broken', '', 0, 1]])
})

t.test('a body that breaks off has broken copies, with what there was', async t => {
  const turn = () => new Promise(resolve => { setImmediate(resolve) })
  const breaks: Record<string, (source: PassThrough, outgoing: Readable, made: RequestBody) => void> = {
    'the client goes': source => { source.destroy() },
    'upstream wants no more': (_, outgoing) => { outgoing.destroy() },
    'more than may be': source => { source.write('0123456789') },
    'the exchange ends': (_source, _outgoing, made) => { made.release() }
  }
  for (const [what, breakOff] of Object.entries(breaks)) {
    const source = new PassThrough()
    const { body: made } = body(source)
    made.limit(9, null)
    const copy = copied(made)
    const outgoing = made.outgoing() as Readable
    outgoing.resume()
    source.write('hello')
    await turn()
    t.same(copy.is(), ['arriving', 'hello', 5, 0], what)
    breakOff(source, outgoing, made)
    await turn()
    t.same(copy.is(), ['broken', 'hello', 5, 1], what)
    source.end()
    await turn()
    t.same(copy.is(), ['broken', 'hello', 5, 1], what)
  }
  const source = new PassThrough()
  const { body: made } = body(source)
  const copy = copied(made)
  const waiting = made.hold(100)
  source.destroy(new Error('gone'))
  await t.rejects(waiting)
  t.same(copy.is(), ['broken', '', 0, 1])
  const { body: slow } = body(new PassThrough(), { idleMs: 5 })
  const late = copied(slow)
  ;(slow.outgoing() as Readable).resume()
  await new Promise<void>(resolve => { late.copy.settled(resolve) })
  t.equal(late.copy.state, 'broken', 'a client that is too slow')
})

t.test('a copy that nobody wants any more takes nothing and tells nothing', async t => {
  const { body: made, budget } = body(['hello', 'world'])
  const given = copied(made)
  const kept = copied(made)
  given.copy.release()
  t.same(given.is(), ['broken', '', 0, 0])
  await text(made.outgoing() as Readable)
  t.same([given.is()[1], given.is()[3], kept.is(), budget.left], ['', 0, ['whole', 'helloworld', 10, 1], 990])
})

t.test('copies keep to the budget of the process, of which half is for those that need a body, and the body streams on', async t => {
  const { body: made, budget } = body(['hello', 'world'], { budget: new HeldBudget(24) })
  const [first, second] = [copied(made), copied(made)]
  t.equal(await text(made.outgoing() as Readable), 'helloworld')
  t.same([first.is(), second.is(), budget.left], [['over', 'hello', 10, 1], ['over', 'hello', 10, 1], 14])
  for (const { copy } of [first, second]) copy.release()
  t.equal(budget.left, 24)
})
