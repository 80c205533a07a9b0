import t from 'tap'
import { GatewayError } from '../../../src/contract/index.ts'
import { exchange } from '../../../src/testing/index.ts'
import { UpstreamReply, type Controller } from '../../../src/upstream/upstream-reply.ts'

/** An answer whose head is there and whose connection writes down what is wanted of it. */
function answer () {
  const wanted: string[] = []
  const reply = new UpstreamReply(exchange(), () => {}, { busy: false, leave: () => {} })
  const controller: Controller = {
    paused: false,
    pause: () => { wanted.push('pause') },
    resume: () => { wanted.push('resume') },
    abort: reason => {
      wanted.push('abort')
      reply.onResponseError(controller, reason)
    }
  }
  reply.onRequestStart(controller)
  reply.onResponseStart(controller, 200, {})
  const arrive = (...texts: string[]) => { for (const one of texts) reply.onResponseData(controller, Buffer.from(one)) }
  return { reply, wanted, arrive, end: () => { reply.onResponseEnd(controller, {}) }, fail: () => { reply.onResponseError(controller, new Error('gone')) } }
}

/** A copy, and what it has come to. */
function copied (reply: UpstreamReply, max = 100) {
  const copy = reply.copy(max)
  let told = 0
  copy.settled(() => { told++ })
  return { copy, is: () => [copy.state, Buffer.from(copy.bytes()).toString(), copy.size, told] }
}

/** Reads all and writes it down. */
function reading (reply: UpstreamReply) {
  const read: string[] = []
  reply.flow({ data: chunk => read.push(chunk.toString()) > 0, end: () => { read.push('end') }, fail: ({ code }) => { read.push(code) } })
  return read
}

t.test('copies have what waits and what comes, and nobody is made to read for them', async t => {
  const { reply, arrive, end, wanted } = answer()
  arrive('hel', 'lo')
  const [whole, over] = [copied(reply), copied(reply, 6)]
  t.same([whole.is(), over.is(), wanted], [['arriving', 'hello', 5, 0], ['arriving', 'hello', 5, 0], []])
  arrive('wor')
  const late = copied(reply)
  const read = reading(reply)
  arrive('ld')
  t.same([whole.is(), over.is()], [['arriving', 'helloworld', 10, 0], ['over', 'hellow', 10, 1]])
  end()
  t.same([whole.is(), late.is(), over.is()], [['whole', 'helloworld', 10, 1], ['whole', 'helloworld', 10, 1], ['over', 'hellow', 10, 1]])
  t.same([read, wanted], [['hel', 'lo', 'wor', 'ld', 'end'], ['resume']])
})

t.test('what waits for a reader waits for it as long as without copies', async t => {
  const { reply, arrive, wanted } = answer()
  const copy = copied(reply, 1e6)
  arrive('x'.repeat(40_000), 'x'.repeat(40_000))
  t.same([copy.copy.size, wanted], [80_000, ['pause']])
  copy.copy.release()
  t.same(wanted, ['pause'])
})

t.test('whoever reads the body hears of its end before a copy does', async t => {
  for (const how of ['end', 'fail'] as const) {
    const one = answer()
    const order: string[] = []
    one.reply.copy(100).settled(() => { order.push('copy') })
    one.reply.flow({ data: () => true, end: () => { order.push('end') }, fail: () => { order.push('fail') } })
    one[how]()
    t.same(order, [how, 'copy'])
  }
})

t.test('an answer that has ended is whole at once, held or not, while it is all there', async t => {
  const { reply, arrive, end } = answer()
  arrive('hello')
  end()
  t.same([copied(reply).is(), copied(reply, 4).is()], [['whole', 'hello', 5, 1], ['over', 'hell', 5, 1]])
  await reply.hold(100)
  reply.cancel(new Error('another stands in for it'))
  t.same(copied(reply).is(), ['whole', 'hello', 5, 1])
  reading(reply)
  t.same(copied(reply).is(), ['broken', '', 0, 1], 'it was handed over')
})

t.test('holding goes on whatever is copied, before and after', async t => {
  const { reply, arrive, end } = answer()
  arrive('hel')
  const before = copied(reply)
  const holding = reply.hold(100)
  const during = copied(reply)
  arrive('lo')
  end()
  t.equal(String(await holding), 'hello')
  t.same([before.is(), during.is(), copied(reply).is()], [['whole', 'hello', 5, 1], ['whole', 'hello', 5, 1], ['whole', 'hello', 5, 1]])
  const large = answer()
  const over = copied(large.reply, 8)
  const given = large.reply.hold(8)
  large.arrive('hello', 'world')
  t.equal(await given, null)
  t.same([over.is(), copied(large.reply).is()], [['over', 'hellowor', 10, 1], ['arriving', 'helloworld', 10, 0]])
  large.reply.cancel(new Error('enough'))
  t.same(over.is(), ['over', 'hellowor', 10, 1], 'so the beginning of a large answer can be had by whoever cuts it')
})

t.test('a body that breaks off, or is let go of, or was begun to be read, has broken copies', async t => {
  for (const how of ['fails', 'cancelled', 'aborted'] as const) {
    const { reply, arrive, fail } = answer()
    arrive('hel')
    const copy = copied(reply)
    if (how === 'fails') fail()
    else if (how === 'cancelled') reply.cancel(new Error('no'))
    else reply.abort(new GatewayError('GW_CLIENT_GONE'))
    t.same([copy.is(), copied(reply).is()], [['broken', 'hel', 3, 1], ['broken', 'hel', 3, 1]], how)
    reply.cancel(new Error('again'))
    t.equal(copy.is()[3], 1)
  }
  const { reply, arrive, end } = answer()
  arrive('hel')
  reading(reply)
  const late = copied(reply)
  arrive('lo')
  end()
  t.same(late.is(), ['broken', '', 0, 1])
})

t.test('a copy that was released takes nothing more', async t => {
  const { reply, arrive, end } = answer()
  const copy = copied(reply)
  arrive('hel')
  copy.copy.release()
  arrive('lo')
  end()
  t.same(copy.is(), ['broken', '', 3, 0])
})
