import { createSecretKey, hkdfSync, type KeyObject } from 'node:crypto'
import { compactDecrypt, CompactEncrypt } from 'jose'

/** Texts that only the gateways with the same key ring can read or have written. */
export interface Seals {
  /** A compact JWE (RFC 7516) that opens for the same purpose only. */
  seal(plaintext: string, purpose: string): Promise<string>
  /** Null for whatever these keys have not sealed for this purpose. Never rejects. */
  unseal(jwe: string, purpose: string): Promise<string | null>
}

/** A secret of the ring; `k` are its bytes. */
export interface SealKey { readonly kid: string, readonly k: Uint8Array }

/** More than any cookie or stored session comes to; nothing longer is looked at. */
const MAX_LENGTH = 64 * 1024
const ENCRYPTION = 'A256GCM'

/** Seals by the first of the keys, the newest; all of them open. */
export function sealsOf (keys: readonly SealKey[]): Seals {
  const [newest] = keys
  if (newest === undefined) throw new TypeError('a key ring without a secret seals nothing')
  const known = new Map<string, KeyObject>()
  const keyFor = (kid: string | undefined, purpose: string): KeyObject => {
    const key = keys.find(one => one.kid === kid)
    if (key === undefined) throw new TypeError('sealed by a key that is not in the ring')
    const name = JSON.stringify([kid, purpose])
    if (!known.has(name)) known.set(name, derive(key, purpose))
    return known.get(name)!
  }
  return {
    seal: (plaintext, purpose) => new CompactEncrypt(Buffer.from(plaintext)).setProtectedHeader({ alg: 'dir', enc: ENCRYPTION, kid: newest.kid })
      .encrypt(keyFor(newest.kid, purpose)),
    unseal: async (jwe, purpose) => {
      if (jwe.length > MAX_LENGTH) return null
      try {
        const { plaintext } = await compactDecrypt(jwe, ({ kid }) => keyFor(kid, purpose), { keyManagementAlgorithms: ['dir'], contentEncryptionAlgorithms: [ENCRYPTION] })
        return Buffer.from(plaintext).toString()
      } catch {
        return null
      }
    }
  }
}

/** A key of its own for each purpose (RFC 5869): what was sealed for one opens for no other. */
const derive = ({ k }: SealKey, purpose: string): KeyObject =>
  createSecretKey(Buffer.from(hkdfSync('sha256', k, '', `gatehouse seal ${purpose}`, 32)))
