import { hkdfSync } from 'node:crypto'
import { secretOf, type RingKey } from './ring-key.ts'

/**
 * The HS256 key that one audience verifies passports with: HKDF-SHA256 (RFC 5869) of the master key, without salt, the audience in `info`. Who has
 * it can forge passports for that audience alone, and learns nothing of the master key.
 */
export function derivedKey (master: RingKey, audience: string): { kid: string, secret: Buffer } {
  const secret = Buffer.from(hkdfSync('sha256', secretOf(master), '', `gatehouse passport ${audience}`, 32))
  return { kid: `${master.kid}/${audience}`, secret }
}
