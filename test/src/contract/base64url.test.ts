import fc from 'fast-check'
import t from 'tap'
import { base64urlBytes } from '../../../src/contract/index.ts'

t.test('gives back whatever was encoded', async () => {
  fc.assert(fc.property(fc.uint8Array(), bytes => base64urlBytes(Buffer.from(bytes).toString('base64url'))!.equals(bytes)))
})

t.test('there is one text for the same bytes, and no other is taken', async t => {
  t.same(base64urlBytes('-_8'), Buffer.from([0xfb, 0xff]))
  for (const text of ['-_8=', '-_9', '+/8', '-_8\n', ' -_8', '-_ 8', '-', '-_8A-', 'é', '-_8\0']) t.equal(base64urlBytes(text), null, JSON.stringify(text))
})

t.test('no characters are no bytes', async t => {
  t.equal(base64urlBytes('')!.byteLength, 0)
})
