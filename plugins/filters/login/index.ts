import { ConfigError, countedRefusals, defineFilter, type Exchange } from '../../../src/contract/index.ts'
import { admissionStep, type Pending } from './admission.ts'
import { addCookies, issuerFaults, refusingUnavailable } from './answers.ts'
import { backchannelLogoutStep } from './backchannel-logout.ts'
import { callbackStep } from './callback.ts'
import { LoginConfig } from './config.ts'
import { Flights } from './flights.ts'
import { logoutStep } from './logout.ts'
import { checkOptions, type Login } from './settings.ts'

const VARIES = /(^|,)\s*(cookie|\*)\s*(,|$)/i
const NOT_SHARED = /(^|[\s,])(private|no-store)\s*(,|$)/i

export default defineFilter({
  name: 'login',
  config: LoginConfig,
  refuses: [
    'GW_UNAUTHENTICATED', 'GW_LOGIN_FAILED', 'GW_FORBIDDEN', 'GW_IDENTITY_UNAVAILABLE', 'GW_METHOD_NOT_SUPPORTED', 'GW_MEDIA_TYPE_REFUSED', 'GW_BODY_TOO_LARGE', 'GW_BAD_REQUEST'
  ],

  create: (options, { services, routeId }) => {
    const { sessions, issuers, clock, metrics } = services
    checkOptions(options)
    const client = issuers.client(options.issuer, '/issuer')
    if (sessions === null) throw new ConfigError('GW_CONFIG_INVALID', '', 'needs gateway.session: there the sessions are')
    const refuse = countedRefusals(metrics)
    const login: Login = { options, client, sessions, clock, metrics, refuse, told: issuerFaults(options.issuer, routeId, services) }
    const flights = new Flights(sessions, options.issuer, () => clock.now())
    const pending: Pending = new WeakMap()
    const own = new Map(Object.entries({
      [options.callback]: callbackStep(login, flights),
      [options.logout]: logoutStep(login),
      [options.backchannelLogout]: backchannelLogoutStep(login)
    }).map(([path, step]) => [path, refusingUnavailable(login, step)]))
    const admit = refusingUnavailable(login, admissionStep(login, flights, pending))
    return {
      // What was asked for, whatever filters before have made of the path: that is what is registered at the issuer
      request: x => own.has(x.originalPath) ? own.get(x.originalPath)!(x) : x.principal === null ? admit(x) : undefined,
      response: x => { if (x.session !== null) personal(x, pending.get(x) ?? []) }
    }
  }
})

/** The answer is for this browser: caches in front must not give it to others, the less with its cookies. */
function personal (x: Exchange, cookies: readonly string[]): void {
  const { headers } = x.reply!
  if (!VARIES.test(headers.get('vary') ?? '')) headers.append('vary', 'Cookie')
  if (cookies.length === 0) return
  if (!NOT_SHARED.test(headers.get('cache-control') ?? '')) headers.set('cache-control', 'private, no-cache')
  addCookies(x, cookies)
}
