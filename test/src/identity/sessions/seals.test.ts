import t from 'tap'
import { compactDecrypt, CompactEncrypt, decodeProtectedHeader } from 'jose'
import { sealsOf } from '../../../../src/identity/sessions/seals.ts'

const key = (kid: string, byte: number) => ({ kid, k: new Uint8Array(32).fill(byte) })
const [old, young] = [key('2025', 1), key('2026', 2)]

t.test('opens what it has sealed, for the same purpose only', async t => {
  const seals = sealsOf([young])
  const sealed = await seals.seal('héllo', 'session')
  t.equal(await seals.unseal(sealed, 'session'), 'héllo')
  t.equal(await seals.unseal(sealed, 'login'), null)
  t.notMatch(sealed, Buffer.from('héllo').toString('base64url'))
  t.not(await seals.seal('héllo', 'session'), sealed, 'and never seals the same text twice in the same way')
})

t.test('is a JWE by dir and A256GCM that names the newest key', async t => {
  const sealed = await sealsOf([young, old]).seal('x', 'session')
  t.same(decodeProtectedHeader(sealed), { alg: 'dir', enc: 'A256GCM', kid: '2026' })
})

t.test('opens by older keys of the ring, and by none that left it', async t => {
  const sealed = await sealsOf([old]).seal('x', 'session')
  t.equal(await sealsOf([young, old]).unseal(sealed, 'session'), 'x')
  t.equal(await sealsOf([young]).unseal(sealed, 'session'), null)
})

t.test('opens nothing that was changed, made otherwise, or is no JWE', async t => {
  const seals = sealsOf([young])
  const sealed = await seals.seal('a text', 'session')
  const parts = sealed.split('.')
  for (let i = 0; i < parts.length; i++) {
    const changed = parts.map((part, j) => j === i ? `${part.startsWith('A') ? 'B' : 'A'}${part.slice(1)}` : part).join('.')
    t.equal(await seals.unseal(changed, 'session'), null, `part ${i}`)
  }
  const raw = await new CompactEncrypt(Buffer.from('x')).setProtectedHeader({ alg: 'dir', enc: 'A256GCM', kid: '2026' }).encrypt(young.k)
  t.ok(await compactDecrypt(raw, young.k))
  for (const jwe of ['', 'a.b.c.d.e', '....', raw, 'x'.repeat(70_000)]) t.equal(await seals.unseal(jwe, 'session'), null)
  const wrapped = await new CompactEncrypt(Buffer.from('x')).setProtectedHeader({ alg: 'A256KW', enc: 'A256GCM', kid: '2026' }).encrypt(young.k)
  t.equal(await seals.unseal(wrapped, 'session'), null)
})

t.test('is not made of an empty ring', async t => {
  t.throws(() => sealsOf([]), TypeError)
})
