import { refuse, type Exchange, type HeaderList, type Phases } from '../../../src/contract/index.ts'
import type { CorsConfig } from './cors-config.ts'
import { normalOrigin, originRule } from './origins.ts'
import { preflightRule } from './preflight.ts'
import { addVary } from './vary.ts'

/** What the request phase found out, for the response phase: a later filter may change the headers it was read from. */
type Verdict = { readonly kind: 'granted', readonly origin: string } | { readonly kind: 'preflight' } | { readonly kind: 'refused' }

const PREFLIGHT: Verdict = { kind: 'preflight' }
const REFUSED: Verdict = { kind: 'refused' }

/** Every reply field of the protocol (Fetch, CORS protocol, HTTP responses): none of the upstream's own may reach the browser beside ours. */
const REPLY_FIELDS = ['access-control-allow-origin', 'access-control-allow-credentials', 'access-control-expose-headers', 'access-control-allow-methods',
  'access-control-allow-headers', 'access-control-max-age', 'access-control-allow-private-network']

/** The protocol, for one route: preflights are answered, other requests checked, replies marked. */
export function corsPhases (config: CorsConfig): Phases {
  const allows = originRule(config.origins ?? [], config.originPatterns ?? [])
  const grant = granter(config)
  const mark = marker(config, grant)
  const preflight = preflightRule(config)
  const methods = new Set(config.methods)
  const anyMethod = methods.has('*')
  const verdicts = new WeakMap<Exchange, Verdict>()

  const fault = (x: Exchange, origin: string): string | null => {
    if (!sameOrigin(x, origin) && !allows(normalOrigin(origin))) return 'the origin is not allowed'
    if (isPreflight(x)) return preflight.fault(x.headers)
    return anyMethod || methods.has(x.method) ? null : 'the method is not allowed'
  }

  return {
    answersPreflight: true,
    request: x => {
      const origin = x.headers.get('origin')
      if (origin === undefined || (sameOrigin(x, origin) && !isPreflight(x))) return
      const wrong = fault(x, origin)
      if (wrong !== null) {
        verdicts.set(x, REFUSED)
        refuse(x, 'GW_CORS_REFUSED', wrong)
      } else if (isPreflight(x)) {
        verdicts.set(x, PREFLIGHT)
        const headers = preflight.answer(x.headers)
        grant(headers, origin)
        x.reply = { status: 204, headers, body: null, code: null, trailers: null }
      } else verdicts.set(x, { kind: 'granted', origin })
    },
    response: x => { mark(x.reply!.headers, verdicts.get(x)) }
  }
}

/** Browsers name the origin of a page to its own host too, on all but GET and HEAD: that is no cross-origin request. */
const sameOrigin = (x: Exchange, origin: string): boolean => normalOrigin(origin) === normalOrigin(`${x.scheme}://${x.authority}`)

/** As the table tells them (Fetch, CORS protocol, HTTP requests): an OPTIONS request with an origin that names the method to come. */
const isPreflight = (x: Exchange): boolean => x.method === 'OPTIONS' && x.headers.has('access-control-request-method')

/** Makes what sets the fields of replies other than those to preflights, which have theirs. */
function marker (config: CorsConfig, grant: Grant): (headers: HeaderList, verdict: Verdict | undefined) => void {
  const exposed = config.exposedHeaders?.join(', ')
  const varies = !everyOrigin(config)
  return (headers, verdict) => {
    if (verdict?.kind === 'preflight') return
    // A refused request that got to upstream was only to be reported: its reply stays as upstream made it.
    if (verdict?.kind !== 'refused') {
      for (const field of REPLY_FIELDS) headers.delete(field)
      grant(headers, verdict?.origin)
      if (exposed !== undefined && headers.has('access-control-allow-origin')) headers.set('access-control-expose-headers', exposed)
    }
    if (varies) addVary(headers, ['Origin'])
  }
}

type Grant = (headers: HeaderList, origin: string | undefined) => void

/** Lets the origin read the reply. Where every origin may, the reply is the same for all, so that caches need only one. */
function granter (config: CorsConfig): Grant {
  if (everyOrigin(config)) return headers => { headers.set('access-control-allow-origin', '*') }
  return (headers, origin) => {
    if (origin === undefined) return
    headers.set('access-control-allow-origin', origin)
    if (config.credentials) headers.set('access-control-allow-credentials', 'true')
  }
}

const everyOrigin = ({ origins, originPatterns }: CorsConfig): boolean => (origins ?? originPatterns)!.includes('*')
