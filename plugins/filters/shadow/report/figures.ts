const grouped = new Intl.NumberFormat('en-US')

/** `1204` -> `1,204` */
export const count = (n: number): string => grouped.format(n)

/** `0.0123` -> `1.23%`; what is more than nothing never reads as nothing. */
export function percent (share: number): string {
  const value = share * 100
  if (value > 0 && value < 0.001) return '<0.001%'
  return `${Number(value.toFixed(value < 1 ? 3 : 2))}%`
}

/** Of a probability: what is not certain never reads as certain. */
export const certainty = (probability: number): string => `${Math.floor(probability * 1e6) / 1e4}%`

/** `12.34` -> `12.3ms` */
export function millis (ms: number): string {
  if (ms >= 1000) return `${Number((ms / 1000).toFixed(2))}s`
  return `${Number(ms.toFixed(ms < 10 ? 2 : 1))}ms`
}

/** `1.4` -> `x1.40` */
export const times = (ratio: number): string => `x${ratio.toFixed(2)}`

/** Of what may not be known. */
export const orDash = (value: number | null, print: (value: number) => string): string => value === null ? '-' : print(value)

const UNITS = [['d', 86_400_000], ['h', 3_600_000], ['m', 60_000], ['s', 1000]] as const

/** `3723000` -> `1h 2m`, the two largest units, no second too early. */
export function span (ms: number): string {
  let rest = Math.max(1, Math.ceil(ms / 1000)) * 1000
  const parts = UNITS.map(([unit, size]) => {
    const n = Math.floor(rest / size)
    rest -= n * size
    return n > 0 ? `${n}${unit}` : ''
  })
  return parts.filter(part => part !== '').slice(0, 2).join(' ')
}
