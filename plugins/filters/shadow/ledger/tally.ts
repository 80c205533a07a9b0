import type { Tally } from './ledger-view.ts'

/** A number as it is shown: rounded to so many decimal places. */
export const rounded = (value: number, decimals: number): number => Math.round(value * 10 ** decimals) / 10 ** decimals

/** So many of so many; none of none is no share. */
export const tally = (count: number, of: number): Tally => ({ count, rate: of === 0 ? 0 : rounded(count / of, 9) })
