import fc from 'fast-check'
import t from 'tap'
import { FrameTracker } from '../../../src/http/frame-tracker.ts'

/** A frame (RFC 6455 5.2). */
function frame (opcode: number, length: number, masked: boolean): Buffer {
  const mask = masked ? 0x80 : 0
  const head = length < 126 ? Buffer.from([0x80 | opcode, mask | length]) : length < 65_536 ? Buffer.alloc(4) : Buffer.alloc(10)
  if (length >= 126) {
    head[0] = 0x80 | opcode
    head[1] = mask | (length < 65_536 ? 126 : 127)
    if (length < 65_536) head.writeUInt16BE(length, 2)
    else head.writeBigUInt64BE(BigInt(length), 2)
  }
  return Buffer.concat([head, Buffer.alloc(masked ? 4 : 0, 0xaa), Buffer.alloc(length, 0xff)])
}

const lengths = fc.oneof(fc.integer({ min: 0, max: 130 }), fc.constantFrom(125, 126, 127, 65_535, 65_536, 70_000))
const frames = fc.array(fc.tuple(fc.constantFrom(0, 1, 2, 9, 10), lengths, fc.boolean()), { minLength: 1, maxLength: 6 })

t.test('finds the ends of frames however the bytes are cut', async t => {
  t.doesNotThrow(() => {
    fc.assert(fc.property(frames, fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 1 }), (list, cuts) => {
      const all = list.map(([opcode, length, masked]) => frame(opcode, length, masked))
      const ends = new Set<number>()
      all.reduce((at, { byteLength }) => {
        ends.add(at + byteLength)
        return at + byteLength
      }, 0)
      const bytes = Buffer.concat(all)
      const tracker = new FrameTracker()
      for (let at = 0, i = 0; at < bytes.byteLength; i++) {
        const piece = bytes.subarray(at, at + cuts[i % cuts.length]!)
        const whole = tracker.advance(piece)
        const last = Math.max(0, ...[...ends].filter(end => end > at && end <= at + piece.byteLength))
        if (whole !== (last === 0 ? 0 : last - at)) return false
        at += piece.byteLength
        if (tracker.between !== ends.has(at)) return false
      }
      return tracker.between && !tracker.closed
    }), { numRuns: 300 })
  })
})

t.test('knows a Close frame when it begins', async t => {
  const tracker = new FrameTracker()
  t.equal(tracker.between, true)
  tracker.advance(Buffer.concat([frame(1, 5, true), frame(8, 2, true).subarray(0, 3)]))
  t.same([tracker.closed, tracker.between], [true, false])
})
