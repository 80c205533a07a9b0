/** Where a key lies in [0, 1): always the same place, in every process and on every version of Node. */
export type HashPoint = (key: string) => number

/**
 * Makes one for a salt: two lanes of 32 bits over the letters of the key, each mixed as MurmurHash3 does it, and 53 bits of both. The same key lies at
 * unrelated points under two salts. Not for secrets, nor against whoever looks for keys that lie where they want.
 */
export function hashPoint (salt: string): HashPoint {
  const [seedA, seedB] = [finished(lane(salt, 0x9747b28c, FACTOR_A)), finished(lane(salt, 0x3c6ef372, FACTOR_B))]
  return key => {
    let a = seedA
    let b = seedB
    // Both in one loop, since neither waits for the other: half the time
    for (let i = 0; i < key.length; i++) {
      const letter = key.charCodeAt(i)
      a = rotated(Math.imul(a ^ letter, FACTOR_A))
      b = rotated(Math.imul(b ^ letter, FACTOR_B))
    }
    a = finished(a ^ key.length)
    b = finished(b ^ a)
    return ((b >>> 5) * 2 ** 26 + (a >>> 6)) / 2 ** 53
  }
}

const FACTOR_A = 0xcc9e2d51
const FACTOR_B = 0x1b873593

function lane (text: string, seed: number, factor: number): number {
  let hash = seed
  for (let i = 0; i < text.length; i++) hash = rotated(Math.imul(hash ^ text.charCodeAt(i), factor))
  return hash
}

const rotated = (hash: number): number => (hash << 13) | (hash >>> 19)

/** Every bit that goes in changes half of those that come out. */
function finished (hash: number): number {
  hash = Math.imul(hash ^ hash >>> 16, 0x85ebca6b)
  hash = Math.imul(hash ^ hash >>> 13, 0xc2b2ae35)
  return hash ^ hash >>> 16
}
