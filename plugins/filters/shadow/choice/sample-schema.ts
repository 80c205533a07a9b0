import { Config, EmptyKey, List, Percentage, RequestKeyOf, Type, type RequestKeyConfig } from '../../../../src/contract/index.ts'

/** The keys of a mirror that say which part of the requests it sends. */
export const SAMPLE = {
  sample: Percentage({ default: '100%', description: 'Part of the requests that is mirrored; 0% switches it off.' }),
  by: Type.Optional(RequestKeyOf({ description: 'What decides whether a request is one of the sample, and whose share it is: the same key always is, and with a larger sample still is. Left out: drawn by chance for each request.' }, 'request-id')),
  salt: Type.Optional(Type.String({ minLength: 1, maxLength: 256, description: 'Another salt makes another sample of the same keys. Uses with the same `by` and salt choose the same keys, on every route and in every process.' })),
  emptyKey: EmptyKey(['chance', 'skip'], 'drawn by `chance`, or `skip` them.')
}

const SegmentSchema = Config({
  by: RequestKeyOf({ description: 'What of a request tells its segment: the country a network in front has found, the tenant, the plan.' }),
  in: List(Type.String({ minLength: 1 }), { maxItems: 10_000, description: 'The values that belong, compared letter by letter. Of a header with several values, or a claim that is a list, one must be among them.' })
}, { description: 'Only requests of this segment: `{ by: { header: CF-IPCountry }, in: [DE, AT] }`.' })

/** The keys of one shadow in a list that say which of the mirrored requests it gets; with neither, all of them. */
export const SHARE = {
  share: Type.Optional(Percentage({ description: 'Part of the mirrored requests that goes to this shadow and to no other that has a share.' })),
  segment: Type.Optional(SegmentSchema)
}

export type SegmentConfig = { readonly by: RequestKeyConfig, readonly in: readonly string[] }

export interface SampleConfig {
  /** 0 to 1. */
  readonly sample: number
  readonly by?: RequestKeyConfig | 'request-id' | undefined
  readonly salt?: string | undefined
  readonly emptyKey?: 'chance' | 'skip' | undefined
}

/** What of one entry of `to` is about the choice. */
export interface ShareConfig { readonly share?: number | undefined, readonly segment?: SegmentConfig | undefined }
