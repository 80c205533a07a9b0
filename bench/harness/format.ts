/** A whole number with separated thousands. */
export function amount (value: number): string {
  return Math.round(value).toLocaleString('en')
}

/** Bytes as mebibytes. */
export function mebibytes (bytes: number): string {
  return (bytes / 2 ** 20).toFixed(0)
}

/** How many times `theirs` fits into `ours`, null where one of them is not known. */
export function ratio (ours: number | null, theirs: number | null): number | null {
  return ours === null || theirs === null || theirs === 0 ? null : ours / theirs
}
