import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import t from 'tap'
import { CopiedBody } from '../../../src/contract/copied-body.ts'
import { heldBody } from '../../../src/contract/index.ts'

/** Pieces of some lengths, some of them parts of larger buffers. */
const pieces = fc.array(fc.tuple(fc.integer({ min: 0, max: 6000 }), fc.boolean()), { maxLength: 30 })
const made = (all: readonly (readonly [number, boolean])[]): Buffer[] =>
  all.map(([length, isPart], i) => isPart ? Buffer.alloc(length * 3, i + 1).subarray(length, length * 2) : Buffer.alloc(length, i + 1))

t.test('has the bytes in order, as far as they may be kept, whenever it is asked', async t => {
  t.doesNotThrow(() => {
    fc.assert(fc.property(pieces, fc.integer({ min: 0, max: 40_000 }), fc.boolean(), (all, maxBytes, isAsked) => {
      const chunks = made(all)
      const copy = new CopiedBody(maxBytes, null)
      for (const chunk of chunks) {
        copy.add(chunk)
        if (isAsked) copy.bytes()
      }
      copy.end(true)
      const whole = Buffer.concat(chunks)
      return copy.size === whole.length && copy.state === (whole.length > maxBytes ? 'over' : 'whole') && whole.subarray(0, maxBytes).equals(copy.bytes())
    }), { numRuns: 300 })
  })
})

t.test('keeps large pieces as they are, and nothing else alive', async t => {
  const copy = new CopiedBody(1e6, null)
  const large = Buffer.alloc(2048, 'x')
  copy.add(large)
  t.equal(copy.bytes().buffer, large.buffer)
  const part = new CopiedBody(1e6, null)
  part.add(Buffer.alloc(65_536).subarray(0, 2048))
  t.equal(part.bytes().buffer.byteLength, 2048)
})

t.test('a body that drips takes little more memory than it has bytes', async t => {
  setFlagsFromString('--expose-gc')
  const collectGarbage = runInNewContext('gc') as () => void
  const inUse = () => {
    collectGarbage()
    const { heapUsed, arrayBuffers } = process.memoryUsage()
    return heapUsed + arrayBuffers
  }
  const copy = new CopiedBody(1e6, null)
  const before = inUse()
  for (let i = 0; i < 50_000; i++) copy.add(Buffer.alloc(1, 'x'))
  const taken = inUse() - before
  t.ok(taken < 1e6, `${taken} bytes for 50,000`)
  t.equal(copy.bytes().byteLength, 50_000)
})

t.test('is told at once where it has come to something', async t => {
  const copy = new CopiedBody(10, null)
  copy.add(Buffer.from('hello'))
  const told: string[] = []
  copy.settled(() => { told.push(copy.state) })
  t.same(told, [])
  copy.end(false)
  copy.end(true)
  t.same(told, ['broken'])
  copy.settled(() => { told.push('again') })
  t.same(told, ['broken', 'again'])
})

t.test('a body that is there has copies too', async t => {
  const bytes = Buffer.from('hello')
  const of = (maxBytes: number, body = heldBody(bytes)) => {
    const copy = body.copy(maxBytes)
    const before = Buffer.from(copy.bytes()).toString()
    copy.release()
    return [copy.state, copy.size, before, copy.bytes().byteLength]
  }
  t.same([of(5), of(4), of(4, heldBody(null))], [['whole', 5, 'hello', 0], ['over', 5, 'hell', 0], ['whole', 0, '', 0]])
})
