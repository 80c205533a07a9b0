import type { NotCompared } from '../comparison.ts'
import { LimitReached } from './budget.ts'

/** Why a comparison did not come to its end, null where it did. A bug in it is `failed`, and nobody's else. */
export function reasonOf (compare: () => void): NotCompared | 'slice' | null {
  try {
    compare()
    return null
  } catch (error) {
    return error instanceof LimitReached ? error.reason : 'failed'
  }
}
