import { ConfigError, isAlwaysThere, keyKind, requestKey, type BucketPolicy, type Expressions, type RequestKey } from '../../../src/contract/index.ts'
import { compileCost, type Cost } from './cost.ts'
import { INHERITED_KEYS, type Pace, type RateLimitConfig, type WrittenLimit } from './schema.ts'

/** One limit, compiled. */
export interface Limit {
  readonly policy: BucketPolicy
  readonly key: RequestKey
  readonly cost: Cost
  readonly emptyKey: 'refuse' | 'shared' | 'allow'
  /** Whether the key is the caller's, so that who is anonymous could have one. */
  readonly ofCaller: boolean
  readonly isPerRoute: boolean
  /** What makes its buckets these and no others. */
  readonly identity: unknown
}

interface Place { readonly expressions: Expressions, readonly at: (key: keyof WrittenLimit) => string, readonly name: string }

/** Longer than that, a bucket never fills: it is a number of requests for good. */
const LONGEST_FILL_S = 3650 * 86_400
/** What a rate alone may make of a bucket; the schema has the same for `burst`. */
const MOST_TOKENS = 1_000_000_000

/** The limits of a use. ConfigError where keys do not go together. */
export function limitsOf (config: RateLimitConfig, expressions: Expressions): readonly Limit[] {
  const { limits } = config
  if (limits === undefined) return [oneLimit(config, expressions)]
  checkBeside(config, limits)
  const names: string[] = []
  return limits.map((item, i) => {
    const own: WrittenLimit = 'perSecond' in item ? { rate: item } : item
    const at = (key: keyof WrittenLimit) => 'perSecond' in item && key === 'rate' ? `/limits/${i}` : Object.hasOwn(own, key) ? `/limits/${i}/${key}` : `/${key}`
    checkEffects(own, at)
    const whole = { ...config, ...own }
    const name = nameOf(whole, names, at('name'))
    names.push(name)
    return limit(whole, { expressions, at, name })
  })
}

function oneLimit (config: RateLimitConfig, expressions: Expressions): Limit {
  const { rate } = config
  if (rate === undefined) throw new ConfigError('GW_CONFIG_INVALID', '', '"rate" is missing: a rate such as 100/s or 1000/h; or "limits", a list of several')
  const at = (key: keyof WrittenLimit) => `/${key}`
  checkEffects(config, at)
  return limit({ ...config, rate }, { expressions, at, name: nameOf(config, [], '/name') })
}

/** What stands beside a list must mean something for one of it. */
function checkBeside (config: RateLimitConfig, limits: readonly (Pace | WrittenLimit)[]): void {
  for (const key of ['rate', 'burst', 'name'] as const) {
    if (config[key] !== undefined) throw new ConfigError('GW_CONFIG_NO_EFFECT', `/${key}`, 'there is a list of limits: each says its own')
  }
  for (const key of INHERITED_KEYS) {
    if (config[key] !== undefined && limits.every(item => key in item)) throw new ConfigError('GW_CONFIG_NO_EFFECT', `/${key}`, 'every limit of the list says its own')
  }
}

function checkEffects (limit: Partial<WrittenLimit>, at: (key: keyof WrittenLimit) => string): void {
  for (const [key, isIdle, why] of IDLE) if (limit[key] !== undefined && isIdle(limit)) throw new ConfigError('GW_CONFIG_NO_EFFECT', at(key), why)
}

/** Keys that mean nothing beside others. */
const IDLE: readonly (readonly [keyof WrittenLimit, (limit: Partial<WrittenLimit>) => boolean, string])[] = [
  ['onError', ({ mode }) => mode === 'local', 'Redis is never asked with mode local'],
  ['instances', ({ mode = 'exact', onError = 'local' }) => mode === 'exact' && onError !== 'local', 'no process ever goes by its share here'],
  ['emptyKey', ({ by }) => by !== undefined && isAlwaysThere(by), 'every request has what it is counted by']
]

/** Names are how clients, metrics and the log tell limits apart. */
function nameOf ({ name, by = 'principal' }: Partial<WrittenLimit>, taken: readonly string[], pointer: string): string {
  if (name !== undefined && taken.includes(name)) throw new ConfigError('GW_CONFIG_DUPLICATE', pointer, `there is a limit named "${name}" already`)
  if (name !== undefined) return name
  const kind = keyKind(by)
  const numbered = [kind, ...taken.map((_, i) => `${kind}-${i + 2}`)]
  return numbered.find(one => !taken.includes(one))!
}

const OF_CALLER = ['principal', 'client', 'api-key', 'claim']

function limit (written: WrittenLimit, { expressions, at, name }: Place): Limit {
  const { rate, by, cost, emptyKey, mode, onError, instances } = { ...DEFAULTS, ...written }
  const burst = burstOf(written, at)
  return {
    policy: { name, ratePerSecond: rate.perSecond, burst, mode, instances, onError },
    key: requestKey(by, expressions, at('by')),
    cost: compileCost(cost, burst, expressions, at('cost')),
    emptyKey,
    ofCaller: OF_CALLER.includes(keyKind(by)),
    isPerRoute: by === 'route',
    identity: [by, rate.perSecond, burst]
  }
}

const DEFAULTS = { by: 'principal', cost: 1, emptyKey: 'refuse', mode: 'exact', onError: 'local', instances: 1 } as const

function burstOf (written: WrittenLimit, at: (key: keyof WrittenLimit) => string): number {
  const { rate, burst = Math.max(1, Math.ceil(rate.amount)) } = written
  const invalid = (key: keyof WrittenLimit, why: string) => new ConfigError('GW_CONFIG_INVALID', at(key), why)
  if (rate.perSecond === 0) throw invalid('rate', 'no token would ever come back: a rate is more than 0')
  const key = written.burst === undefined ? 'rate' : 'burst'
  if (burst > MOST_TOKENS) throw invalid(key, `a bucket holds at most ${MOST_TOKENS} tokens`)
  if (burst / rate.perSecond > LONGEST_FILL_S) throw invalid(key, 'the bucket would take more than ten years to fill')
  return burst
}
