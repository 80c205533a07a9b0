/**
 * 32 bits of a text that are the same in every gateway (FNV-1a, then the last steps of MurmurHash3, so that similar texts lie far apart). Not
 * for secrets, nor against whoever wants two texts to meet. `seed`: other bits of the same text.
 */
export function keyHash (text: string, seed = 0): number {
  let hash = 0x811c9dc5 ^ seed
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  hash = Math.imul(hash ^ hash >>> 16, 0x85ebca6b)
  hash = Math.imul(hash ^ hash >>> 13, 0xc2b2ae35)
  return (hash ^ hash >>> 16) >>> 0
}

/** As a number in (0, 1): neither end, so that it has a logarithm. */
export const keyChance = (text: string, seed = 0): number => (keyHash(text, seed) + 0.5) / 2 ** 32
