import { HeaderList, refuse, Refusal, type Exchange } from '../../../src/contract/index.ts'
import { refuseMethod } from './answers.ts'
import type { Login } from './settings.ts'

const MAX_BODY = 16 * 1024
const FORM = /^application\/x-www-form-urlencoded\s*(;|$)/i

/** The issuer tells of a logout elsewhere (OpenID Connect Back-Channel Logout 2.5, 2.8). */
export function backchannelLogoutStep ({ options, sessions, client, refuse: refuseToken }: Login): (x: Exchange) => Promise<void> {
  return async x => {
    if (x.method !== 'POST') return refuseMethod(x, 'POST')
    if (!FORM.test(x.headers.get('content-type') ?? '')) return refuse(x, 'GW_MEDIA_TYPE_REFUSED')
    const body = await x.body.hold(MAX_BODY)
    if (body === null) return refuse(x, 'GW_BODY_TOO_LARGE')
    const [token, ...more] = new URLSearchParams(Buffer.from(body).toString()).getAll('logout_token')
    const verdict = token === undefined || more.length > 0 ? new Refusal('malformed') : await client.verifyLogoutToken(token)
    if (verdict instanceof Refusal) return refuseToken(x, verdict.reason === 'unavailable' ? 'GW_IDENTITY_UNAVAILABLE' : 'GW_BAD_REQUEST', verdict.reason)
    if (!await sessions.logOut(options.issuer, verdict)) return refuseToken(x, 'GW_BAD_REQUEST', 'replayed')
    x.reply = { status: 200, headers: HeaderList.from({ 'cache-control': 'no-store' }), body: null, code: null, trailers: null }
  }
}
