/** The ways to mirror, in the words of route files; one filter may be several. */
export const FLAVOURS = ['sync', 'async', 'selective', 'parallel', 'temporal', 'conditional', 'staged', 'split'] as const
export type Flavour = (typeof FLAVOURS)[number]

/** What of a config makes a shadow this or that, as far as it was said. */
export interface Said {
  readonly mode: readonly Flavour[] | undefined
  readonly to: readonly { readonly share?: unknown, readonly segment?: unknown, readonly role?: 'candidate' | 'secondary' }[]
  readonly sample: number
  readonly match: unknown
  readonly when: unknown
  readonly delay: unknown
  readonly windows: unknown
  readonly except: unknown
  readonly after: unknown
  readonly stages: unknown
}

/** Which keys make a shadow what it is: one of them must be there. */
export const KEYS_OF: Readonly<Record<Exclude<Flavour, 'sync' | 'async'>, readonly string[]>> = {
  selective: ['`match`', '`when`'],
  parallel: ['two entries in `to`'],
  temporal: ['`delay`', '`windows`', '`except`'],
  conditional: ['`after`'],
  staged: ['`stages`'],
  split: ['`sample` below 100%', '`share`', '`segment` of an entry of `to`']
}

/** What a config makes of the shadow: in the background unless `mode` says `sync`, and whatever else its keys say. In a fixed order, so that it can be a label. */
export function flavoursOf (said: Said): readonly Flavour[] {
  const { mode = [], to, sample, match, when, delay, windows, except, after, stages } = said
  const has: Readonly<Record<Flavour, boolean>> = {
    sync: mode.includes('sync'),
    async: !mode.includes('sync'),
    selective: match !== undefined || when !== undefined,
    parallel: to.length > 1,
    temporal: delay !== undefined || windows !== undefined || except !== undefined,
    conditional: after !== undefined,
    staged: stages !== undefined,
    split: sample < 1 || to.some(({ share, segment }) => share !== undefined || segment !== undefined)
  }
  return FLAVOURS.filter(flavour => has[flavour])
}
