import { Cel, Choice, Config, EmptyKey, List, RequestKeyOf, Type, type RequestKeyConfig } from '../../../src/contract/index.ts'

const RATE = '^[0-9]{1,12}(\\.[0-9]{1,9})?/(s|m|h|d)$'
const SECONDS = { s: 1, m: 60, h: 3600, d: 86_400 }
const NAME = '^[A-Za-z][A-Za-z0-9._-]{0,63}$'
const METHOD = '^(\\*|[A-Z][A-Z0-9_-]*)$'

/** A rate as it was written: a bucket holds by default what it says, so that `1000/h` is a thousand in an hour and no fourth of one a second. */
export interface Pace { readonly amount: number, readonly perSecond: number }

/** Decodes `100/s`, `1000/h`. */
function pace (text: string): Pace {
  const [amount = '', unit = 's'] = text.split('/')
  return { amount: Number(amount), perSecond: Number(amount) / SECONDS[unit as keyof typeof SECONDS] }
}

const Rate = (description: string) => Type.Codec(Type.String({ pattern: RATE, 'x-expects': 'a rate such as 100/s or 1000/h', description }))
  .Decode(pace).Encode(({ perSecond }) => `${perSecond}/s`)

const Cost = Type.Union([
  Type.Integer({ minimum: 0 }),
  Type.Record(Type.String({ pattern: METHOD }), Type.Integer({ minimum: 0 })),
  Cel()
], { 'x-expects': 'a whole number, a map such as { GET: 1, POST: 5, "*": 1 }, or a CEL expression', description: 'Tokens that a request takes: a number, one for each method (`*` for the others), or a CEL expression. Default: 1.' })

const MODES = ['exact', 'leased', 'local'] as const
const ON_ERROR = ['open', 'closed', 'local'] as const

/** What the limits of a list may take from beside the list. */
const INHERITED = {
  by: Type.Optional(RequestKeyOf({ description: 'Who has a bucket of their own. Default: `principal`.' })),
  cost: Type.Optional(Cost),
  emptyKey: EmptyKey(['refuse', 'shared', 'allow'], '`refuse` them, one bucket `shared` by all of them, or `allow` them without limit.'),
  mode: Type.Optional(Choice([...MODES], { description: 'One decision in Redis for each request, tokens taken from Redis in batches, or the share of this process alone. Default: `exact`.' })),
  onError: Type.Optional(Choice([...ON_ERROR], { description: 'While Redis cannot be asked: everybody passes, nobody does, or each process goes by its share. Default: `local`.' })),
  instances: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_000, description: 'How many gateways there are: bounds the batches, and divides the bucket where each process goes by itself. Default: 1.' }))
}

const OWN = {
  name: Type.Optional(Type.String({ pattern: NAME, 'x-expects': 'a name of letters, digits and . _ -', description: 'Name of the limit in fields, metrics and the access log. Default: what `by` says.' })),
  burst: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000_000, description: 'Tokens that the bucket holds. Default: as many as `rate` says, so 1000 for `1000/h`.' }))
}

/** Names of what a list's limits may take from beside it. */
export const INHERITED_KEYS = Object.keys(INHERITED) as readonly (keyof typeof INHERITED)[]

/** The whole config of a use: one limit, or a list of them. */
export const RateLimitSchema = Config({
  rate: Type.Optional(Rate('Tokens that come back in a second, minute, hour or day.')),
  ...OWN,
  ...INHERITED,
  limits: Type.Optional(List(
    Type.Union([Rate('A limit with everything else as it stands beside the list.'), Config({ rate: Rate('Tokens that come back.'), ...OWN, ...INHERITED })], { 'x-expects': 'a rate such as 100/s, or a map with rate, burst, by, ...' }),
    { maxItems: 16, description: 'Several limits that are one decision: a request passes where each has tokens for it, and only then is any charged. What stands beside the list holds for each that does not say otherwise.' })),
  shared: Type.Optional(Type.String({ pattern: NAME, 'x-expects': 'a name of letters, digits and . _ -', description: 'All uses with this name and the same limits draw from the same buckets, whatever their route. Default: each route has its own.' })),
  headers: Choice(['ietf', 'spring', 'both', 'none'], { default: 'ietf', description: 'Fields that tell clients of the limits: `RateLimit` and `RateLimit-Policy`, Spring\'s `X-RateLimit-*`, both or none.' })
})

export type CostConfig = number | Readonly<Record<string, number>> | string

/** One limit as it is written in a list. */
export interface WrittenLimit {
  readonly name?: string
  readonly rate: Pace
  readonly burst?: number
  readonly by?: RequestKeyConfig
  readonly cost?: CostConfig
  readonly emptyKey?: 'refuse' | 'shared' | 'allow'
  readonly mode?: (typeof MODES)[number]
  readonly onError?: (typeof ON_ERROR)[number]
  readonly instances?: number
}

/** What `create` gets. */
export type RateLimitConfig = Partial<WrittenLimit> & { readonly limits?: readonly (Pace | WrittenLimit)[], readonly shared?: string, readonly headers: 'ietf' | 'spring' | 'both' | 'none' }
