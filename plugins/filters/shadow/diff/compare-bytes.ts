import type { Findings } from './findings.ts'

/** Compares what only its bytes are known of: by length, then all of it. The samples say where, which tells nothing of what was said, as a hash of something short would. */
export function compareBytes (live: Uint8Array, other: Uint8Array, findings: Findings): void {
  if (live.length !== other.length) return findings.add('body', 'length', () => [`bytes(${live.length})`, `bytes(${other.length})`])
  const place = live.findIndex((byte, i) => byte !== other[i])
  if (place >= 0) findings.add('body', 'hash', () => [`bytes(${live.length})`, `bytes(${other.length}), other from byte ${place + 1} on`])
}
