import { ConfigError, GatewayError, isAlwaysThere, requestKey, type Exchange, type Expressions, type Random, type Services } from '../../../../src/contract/index.ts'
import type { Reason } from '../outcome.ts'
import { hashPoint, type HashPoint } from './hash-point.ts'
import type { SampleConfig, ShareConfig } from './sample-schema.ts'
import { segment, type Segment } from './segment.ts'
import { slicesOf } from './slices.ts'

/** Why an entry does not get a request. */
export type Unchosen = Extract<Reason, 'sample' | 'stage' | 'share' | 'segment' | 'no-key' | 'expression'>

/** For each entry of `to`: null where it gets the request, else why it does not. Often the same frozen list. */
export type Choice = readonly (Unchosen | null)[]

/**
 * `part`, from 0 to 1, is what a ramp says in place of `sample`, or what the ramp of each entry says: who is not in it has the reason `stage`. Entries that
 * get the same part get the same requests.
 */
export type Chooser = (x: Exchange, part?: number | readonly number[]) => Choice

/** Compiles who gets which requests. ConfigError below `pointer` where keys do not go together. */
export function chooser (config: SampleConfig, entries: readonly ShareConfig[], { random, expressions }: Pick<Services, 'random' | 'expressions'>, pointer: string): Chooser {
  checkEffects(config, pointer)
  const { sample, salt = '', emptyKey } = config
  const [unsampled, unstaged] = [nobody(entries, 'sample'), nobody(entries, 'stage')]
  const { isSplit, share } = sharing(entries, expressions, pointer)
  const keyOf = keyReader(config, entries, expressions, `${pointer}/by`)
  // Other points for the sample than for the shares: else a small sample would be the first share and no other
  const [samplePoint, sharePoint] = [pointOf(`sample\n${salt}`, random), pointOf(`share\n${salt}`, random)]
  const needsKey = isSplit || emptyKey === 'skip'

  const one = (x: Exchange, most: number, none: Choice): Choice => {
    if (most >= 1 && !needsKey) return share(x, 0)
    const key = keyOf(x)
    if (typeof key !== 'string') return key
    if (most < 1 && samplePoint(key) >= most) return none
    return share(x, isSplit ? sharePoint(key) : 0)
  }
  const several = (x: Exchange, parts: readonly number[]): Choice => {
    const key = keyOf(x)
    if (typeof key !== 'string') return key
    const point = samplePoint(key)
    if (parts.every(part => point >= part)) return unstaged
    return share(x, isSplit ? sharePoint(key) : 0).map((reason, i) => reason ?? (point < parts[i]! ? null : 'stage'))
  }
  return (x, part) => part === undefined ? one(x, sample, unsampled) : typeof part === 'number' ? one(x, part, unstaged) : several(x, part)
}

/** Requests without a key lie where chance puts them. */
function pointOf (salt: string, random: Random): HashPoint {
  const point = hashPoint(salt)
  return key => key === '' ? random.next() : point(key)
}

function checkEffects ({ by, salt, emptyKey }: SampleConfig, pointer: string): void {
  const noEffect = (key: string, why: string) => new ConfigError('GW_CONFIG_NO_EFFECT', `${pointer}/${key}`, why)
  if (by === undefined && salt !== undefined) throw noEffect('salt', 'without `by` chance decides')
  if (by === undefined && emptyKey !== undefined) throw noEffect('emptyKey', 'without `by` chance decides')
  if (emptyKey !== undefined && (by === 'request-id' || isAlwaysThere(by!))) throw noEffect('emptyKey', 'every request has what it is chosen by')
}

/** Of all entries the same is to be said. */
const nobody = (entries: readonly ShareConfig[], reason: Unchosen): Choice => Object.freeze(entries.map(() => reason))

/** The key of a request, '' where chance decides, and what is to be said where nothing can. */
function keyReader ({ by, emptyKey }: SampleConfig, entries: readonly ShareConfig[], expressions: Expressions, pointer: string): (x: Exchange) => string | Choice {
  if (by === undefined) return () => ''
  if (by === 'request-id') return x => x.id
  const key = requestKey(by, expressions, pointer)
  const [keyless, failed] = [emptyKey === 'skip' ? nobody(entries, 'no-key') : '', nobody(entries, 'expression')]
  return x => {
    try {
      return key(x) || keyless
    } catch (error) {
      if (error instanceof GatewayError) return failed
      throw error
    }
  }
}

/** Which entries get a request that is mirrored at all, by its point in the shares and its segments. */
function sharing (entries: readonly ShareConfig[], expressions: Expressions, pointer: string): { isSplit: boolean, share: (x: Exchange, point: number) => Choice } {
  const slices = slicesOf(entries, pointer)
  const choices = [-1, ...entries.keys()].map(chosen => Object.freeze(entries.map((entry, i) => entry.share === undefined || i === chosen ? null : 'share' as const)))
  const bySlice = (point: number): Choice => choices[slices === null ? 0 : slices(point) + 1]!
  const segments = entries.map((entry, i) => entry.segment === undefined ? null : segment(entry.segment, expressions, `${pointer}/to/${i}/segment`))
  if (segments.every(one => one === null)) return { isSplit: slices !== null, share: (_, point) => bySlice(point) }
  return { isSplit: slices !== null, share: (x, point) => bySlice(point).map((reason, i) => reason ?? outside(segments[i] ?? null, x)) }
}

/** Why a segment does not have the request; null where it has. */
function outside (belongs: Segment | null, x: Exchange): Unchosen | null {
  try {
    return belongs === null || belongs(x) ? null : 'segment'
  } catch (error) {
    if (error instanceof GatewayError) return 'expression'
    throw error
  }
}
