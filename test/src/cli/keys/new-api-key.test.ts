import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import t from 'tap'
import { newApiKey } from '../../../../src/cli/keys/new-api-key.ts'

t.test('makes a key that can be recognised, of 256 bits and their checksum', async t => {
  const { key } = newApiKey()
  t.match(key, /^gk_[0-9a-f]{64}[0-9a-f]{8}$/)
  t.equal(parseInt(key.slice(-8), 16), crc32(key.slice(0, -8)))
})

t.test('gives the hash of the key to keep, and nothing of the key itself', async t => {
  const { key, entry } = newApiKey()
  t.same(Object.keys(entry), ['id', 'hash'])
  t.equal(entry.hash, `sha256:${createHash('sha256').update(key).digest('hex')}`)
  t.match(entry.id, /^key-[0-9a-f]{12}$/)
  t.notOk(key.includes(entry.id.slice(4)))
})

t.test('makes another each time', async t => {
  const made = Array.from({ length: 200 }, newApiKey)
  t.equal(new Set(made.map(({ key }) => key)).size, 200)
  t.equal(new Set(made.map(({ entry }) => entry.id)).size, 200)
  t.ok(made.every(({ key }) => key.length === 75), 'also where the checksum begins with zeros')
})
