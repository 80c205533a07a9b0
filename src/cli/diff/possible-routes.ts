import { NO_PARAMS, type Exchange } from '../../contract/exchange.ts'
import type { Plan } from '../../plan/plan.ts'

/** A route that may take the request, and the predicates of it that go by what a log does not tell. None: it takes it for certain. */
export interface Possible { readonly plan: Plan, readonly doubts: readonly string[] }

/** What an access log says of a request beside method and path. */
export interface Told { readonly host: boolean, readonly query: boolean }

const UNTOLD: ReadonlySet<PropertyKey> = new Set(['headers', 'body', 'client', 'principal', 'session', 'ownCookies', 'scheme', 'upgrade'])
const OF_HOST: ReadonlySet<PropertyKey> = new Set(['host', 'authority'])
const OF_QUERY: ReadonlySet<PropertyKey> = new Set(['query', 'originalQuery'])

/**
 * The routes one of which takes a request, in the order of lookup, as far as a log can tell: the last takes it for certain, unless none does. Predicates are watched at what they
 * look at, so that what is decided by the path alone is certain, whatever predicates are called.
 */
export async function possibleRoutes (plans: readonly Plan[], x: Exchange, told: Told): Promise<Possible[]> {
  const found: Possible[] = []
  const watched = watch(x, told)
  const { params } = x
  let group: string | null = null
  for (const plan of plans) {
    if (group !== null && plan.share?.group !== group) continue
    const doubts = await doubtsOf(plan, watched)
    if (doubts === null) continue
    found.push({ plan, doubts })
    if (doubts.length > 0) continue
    // One of its group takes it, and no other route does
    if (plan.share === null) break
    group = plan.share.group
  }
  x.params = params
  return found
}

/** Null where it does not take the request, whatever else that was. */
async function doubtsOf ({ predicates, index, share }: Plan, watched: Watched): Promise<string[] | null> {
  const { x } = watched
  if (share?.weight === 0 || (index.methods && !index.methods.includes(x.method))) return null
  const doubts: string[] = []
  x.params = NO_PARAMS
  for (const { label, match } of predicates) {
    const isUntold = watched.begin()
    // One that throws has found nothing to go by
    const held = await Promise.resolve().then(() => match(x)).catch(() => true)
    if (isUntold()) doubts.push(label)
    else if (!held) return null
  }
  return doubts
}

interface Watched {
  readonly x: Exchange
  /** Whether something untold was looked at since. */
  begin (): () => boolean
}

/** The same exchange, and who looks at it is seen. */
function watch (x: Exchange, { host, query }: Told): Watched {
  let isSeen = false
  const proxy = new Proxy(x, {
    get: (target, key) => {
      if (UNTOLD.has(key) || (!host && OF_HOST.has(key)) || (!query && OF_QUERY.has(key))) isSeen = true
      // With the exchange itself as `this`, for what is private to it
      const value: unknown = Reflect.get(target, key, target)
      return typeof value === 'function' ? (value as (...args: unknown[]) => unknown).bind(target) : value
    }
  })
  return {
    x: proxy,
    begin: () => {
      isSeen = false
      return () => isSeen
    }
  }
}
