import { defineFilter, GatewayError, labelledCounter, problem, refuse, type Counter, type Exchange, type Phases, type Place, type Reply, type Step } from '../../../src/contract/index.ts'
import { deviceFinder } from './device.ts'
import { MintedPassports } from './minted-passports.ts'
import { checkConfig, PassportSchema, type PassportConfig } from './passport-config.ts'
import { enrichmentOf, passportOffice, type Issue, type Issued } from './passport-office.ts'
import { requestDigest } from './verifier/request-digest.ts'

/** What both ways of giving out passports need. */
interface Desk { readonly header: string, readonly config: PassportConfig, readonly place: Place, readonly enrichment: ReturnType<typeof enrichmentOf>, readonly issue: Issue, refused(reason: string): Counter }

const DEFAULT_BIND_BODY = 1024 ** 2

export default defineFilter({
  name: 'passport',
  config: PassportSchema,
  shorthand: 'audience',
  refuses: ['GW_BODY_TOO_LARGE', 'GW_HEADERS_TOO_LARGE', 'GW_IDENTITY_UNAVAILABLE'],

  create: (config, place) => {
    checkConfig(config)
    const header = config.header.toLowerCase()
    const refused = labelledCounter(place.services.metrics, 'gatehouse_credentials_refused_total', 'reason')
    const enrichment = enrichmentOf(config, place)
    const desk = { header, config, place, enrichment, issue: passportOffice(config, place, enrichment, false), refused }
    return { ...config.bind === 'request' ? forOneRequest(desk) : forCaller(desk), ownHeaders: [header], restate: audience => forShadow(desk, audience) }
  }
})

/** Whoever asks again gets the same passport while enough of its life is left. */
function forCaller (desk: Desk): Phases {
  const { header, config, issue, place: { services: { clock } } } = desk
  const devices = deviceFinder(config.device)
  const minted = new MintedPassports(devices.varies)
  return {
    request: x => {
      const { principal } = x
      if (principal === null && !config.anonymous) return withdraw(x, header)
      const device = devices.varies ? devices.find(x) : null
      const known = minted.get(principal, device, clock.now())
      if (known !== null) {
        x.headers.put(header, known)
        return
      }
      const give = (issued: Issued): void => {
        if (typeof issued === 'string') {
          turnAway(x, issued, desk)
          return refuse(x, issued)
        }
        minted.set(principal, device, issued)
        x.headers.put(header, issued.value)
      }
      const issued = issue(principal, devices.find(x), null)
      return issued instanceof Promise ? issued.then(give) : give(issued)
    },
    response: ({ reply }) => { keepIn(reply!, header) }
  }
}

/** Minted when nothing changes the request any more, for each attempt. */
function forOneRequest (desk: Desk): Phases {
  const { header, config, issue } = desk
  const devices = deviceFinder(config.device)
  const maxBytes = config.bindBody ?? DEFAULT_BIND_BODY
  return {
    dispatch: next => async x => {
      if (x.principal === null && !config.anonymous) {
        withdraw(x, header)
        return keepIn(await next(x), header)
      }
      const body = x.body.held ?? (x.body.present ? await x.body.hold(maxBytes) : null)
      if (body === null && x.body.present) return problem('GW_BODY_TOO_LARGE', x.id)
      const issued = await issue(x.principal, devices.find(x), { txn: x.id, req: requestDigest({ method: x.method, path: x.path, body }) })
      if (typeof issued === 'string') {
        turnAway(x, issued, desk)
        return problem(issued, x.id)
      }
      x.headers.put(header, issued.value)
      return keepIn(await next(x), header)
    }
  }
}

/** The passport of the live request is for another upstream, and on a copy that was kept for a while it has expired. */
function forShadow (desk: Desk, audience: string): Step {
  const { header, config, place, enrichment } = desk
  const devices = deviceFinder(config.device)
  const minted = new MintedPassports(devices.varies)
  // The route's own upstream, asked once more, goes by the name that it always has
  const isOwn = config.audience !== undefined && place.upstreams.includes(audience)
  const issue = passportOffice(isOwn ? config : { ...config, audience: [audience] }, place, enrichment, true)
  return async x => {
    const { principal } = x
    withdraw(x, header)
    if (principal === null && !config.anonymous) return
    const device = devices.find(x)
    const bound = config.bind === 'request' ? { txn: x.id, req: requestDigest({ method: x.method, path: x.path, body: x.body.held }) } : null
    const known = bound === null ? minted.get(principal, device, place.services.clock.now()) : null
    if (known !== null) return x.headers.put(header, known)
    const issued = await issue(principal, device, bound)
    if (typeof issued === 'string') throw new GatewayError(issued)
    if (bound === null) minted.set(principal, device, issued)
    x.headers.put(header, issued.value)
  }
}

/** An upstream that sends back what it got would give the client a passport, good for whoever reaches the upstream some other way. */
function keepIn (reply: Reply, header: string): Reply {
  reply.headers.delete(header)
  return reply
}

/** The guard takes the header from clients; a filter before this one may have set it. */
function withdraw (x: Exchange, header: string): void {
  x.headers.delete(header)
}

function turnAway (x: Exchange, code: Exclude<Issued, object>, { header, refused }: Desk): void {
  withdraw(x, header)
  x.reason = code === 'GW_HEADERS_TOO_LARGE' ? 'too-large' : 'unavailable'
  refused(x.reason).add()
}
