import authenticate from '../../../../../plugins/filters/authenticate/index.ts'
import { fakeClock, fakeIssuers, mount, type FakeServices } from '../../../../../src/testing/index.ts'

export const TOKEN = 'opaque-token-of-alice-0001'
export const NOW = 1_700_000_000_000
export const NOW_S = NOW / 1000
export const ACTIVE = { active: true, sub: 'alice', client_id: 'web', scope: 'orders.read orders.write', exp: NOW_S + 600 }

export type Members = Readonly<Record<string, unknown>>

/** The room with `introspection` alone; `members` is what the issuer says of every token, or of each. */
export function room (members: Members | ((token: string) => Promise<Members>), options: object = {}, { room: more = {}, ...over }: Partial<FakeServices> & { room?: object } = {}) {
  const asked: string[] = []
  const introspect = async (token: string): Promise<Members> => {
    asked.push(token)
    return typeof members === 'function' ? await members(token) : members
  }
  const clock = fakeClock(NOW)
  const mounted = mount(authenticate, { ways: [{ introspection: options }], ...more }, {}, { services: { clock, issuers: fakeIssuers({ client: { introspect } }), ...over } })
  const send = (token = TOKEN, headers: Readonly<Record<string, string>> = {}) => mounted.call({ headers: { authorization: `Bearer ${token}`, ...headers } })
  return { ...mounted, asked, clock, send }
}
