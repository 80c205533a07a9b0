/** Of each doubling: what a bucket holds differs by less than 5 %. */
const PER_OCTAVE = 16
/** From 1 ms (less is the event loop and not the upstream) to 131 s. */
const OCTAVES = 17

/** How many buckets there are: bucket i ends at 2^(i/16) ms, the last has all above as well. */
export const BUCKETS = OCTAVES * PER_OCTAVE + 1

/** The bucket of a latency. */
export const bucketOf = (ms: number): number => Math.min(Math.max(Math.ceil(PER_OCTAVE * Math.log2(ms)), 0), BUCKETS - 1) || 0

/** The longest latency of a bucket, in milliseconds. */
export const endOf = (bucket: number): number => 2 ** (bucket / PER_OCTAVE)

/** The bucket with the quantile `q` of all that is counted; null where nothing is. */
export function quantileOf (counts: Float64Array, q: number): number | null {
  const total = sumFrom(counts, 0)
  const above = total - Math.ceil(q * total)
  let sum = 0
  for (let i = counts.length - 1; i >= 0; i--) {
    sum += counts[i]!
    if (sum > above) return i
  }
  return null
}

/** How many are in this bucket and those above. */
export function sumFrom (counts: Float64Array, first: number): number {
  let sum = 0
  for (let i = first; i < counts.length; i++) sum += counts[i]!
  return sum
}

/** The first bucket that holds nothing as short as `ms`. */
export const firstAbove = (ms: number): number => bucketOf(ms) + 1
