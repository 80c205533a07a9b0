import type { Random } from '../contract/services.ts'

/** Fair draws; not for secrets. */
export const systemRandom: Random = { next: () => Math.random() }
