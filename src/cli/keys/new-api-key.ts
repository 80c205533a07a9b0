import { hash, randomBytes } from 'node:crypto'
import { crc32 } from 'node:zlib'

/** A new API key, and the entry that lets the gateway know it: the key itself is kept nowhere. */
export interface NewApiKey {
  /** `gk_`, 256 random bits and their checksum in hexadecimal. A secret, to be shown once. */
  readonly key: string
  readonly entry: { readonly id: string, readonly hash: string }
}

/** Makes one. Scanners find leaked keys by `gk_`; the checksum (CRC-32) tells a mistyped key from an unknown one without looking it up. */
export function newApiKey (): NewApiKey {
  const body = `gk_${randomBytes(32).toString('hex')}`
  const key = body + crc32(body).toString(16).padStart(8, '0')
  return { key, entry: { id: `key-${randomBytes(6).toString('hex')}`, hash: `sha256:${hash('sha256', key)}` } }
}
