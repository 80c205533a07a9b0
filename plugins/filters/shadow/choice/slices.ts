import { ConfigError } from '../../../../src/contract/index.ts'
import type { ShareConfig } from './sample-schema.ts'

/** The entry whose share of [0, 1) holds this point; -1 where none does. */
export type Slices = (point: number) => number

/** As fine as percentages are written: in these, sums are exact. */
const UNITS = 1e11

/** Lays the shares side by side in the order written; null where no entry has one. ConfigError where they are more than the whole. */
export function slicesOf (entries: readonly ShareConfig[], pointer: string): Slices | null {
  if (entries.every(({ share }) => share === undefined)) return null
  let sum = 0
  const ends = entries.map(({ share = 0 }, i) => {
    sum += Math.round(share * UNITS)
    if (sum > UNITS) throw new ConfigError('GW_CONFIG_INVALID', `${pointer}/to/${i}/share`, 'together the shares are more than 100%')
    return sum / UNITS
  })
  // One without a share ends where the one before it does, so that no point is its own
  return point => ends.findIndex(end => point < end)
}
