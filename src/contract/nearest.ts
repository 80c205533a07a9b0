import { distance } from 'fastest-levenshtein'

/** The known name closest to what was written, or null where none is close enough to have been meant. */
export function nearest (written: string, known: readonly string[]): string | null {
  const limit = Math.max(2, Math.floor(written.length / 3))
  let best: string | null = null
  let bestDistance = limit + 1
  for (const name of known) {
    const d = distance(written.toLowerCase(), name.toLowerCase())
    // Two words without a letter in common are not near, however short they are
    if (d < bestDistance && d < Math.max(written.length, name.length)) {
      best = name
      bestDistance = d
    }
  }
  return best
}

/** ` - did you mean "x"?`, or the whole list where nothing is near. */
export function hint (written: string, known: readonly string[]): string {
  const near = nearest(written, known)
  if (near !== null) return ` - did you mean "${near}"?`
  return known.length === 0 ? '; none is known' : `; known: ${known.join(', ')}`
}
