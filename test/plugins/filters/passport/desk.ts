import passport from '../../../../plugins/filters/passport/index.ts'
import { principal, type Principal } from '../../../../src/contract/index.ts'
import { fakeClock, fakeKeys, mount, type FakeKeys, type MountOptions, type TestRequest } from '../../../../src/testing/index.ts'

/** Seconds since the epoch. */
export const NOW = 1_790_000_000
/** Somebody with a token. */
export const ada = (known: Partial<Principal> = {}) => principal({ subject: 'ada', source: 'jwt', level: 2, ...known })
export const TO_ORDERS = { upstreams: ['orders'] }

/** The filter on a route to `orders`; `send` gives the claims that the upstream gets. */
export function desk (config: unknown = null, options: MountOptions = TO_ORDERS) {
  const clock = fakeClock(NOW * 1000)
  const keys = fakeKeys()
  const mounted = mount(passport, config, undefined, { ...options, services: { clock, keys, ...options.services } })
  const send = async (request?: TestRequest) => {
    const { x, status } = await mounted.call(request)
    const header = x.headers.first('x-passport')
    return { x, status, header, claims: header === undefined ? undefined : claimsIn(header) }
  }
  return { ...mounted, clock, keys: keys as FakeKeys, send }
}

const claimsIn = (header: string) => JSON.parse(Buffer.from(header.slice(header.lastIndexOf('.') + 1), 'base64url').toString()) as Record<string, unknown>
