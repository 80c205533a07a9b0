import type { OAuthClient } from '../../src/contract/identity.ts'
import { GATEWAY_SECRET, type AuthorizationServer } from './authorization-server.ts'
import { realIssuers, type Owner } from './real-issuers.ts'

/** The gateway as a real client of this server, over real sockets; `client` is written as in the route file. */
export const issuerClient = async (t: Owner, server: AuthorizationServer, client: object = {}): Promise<OAuthClient> =>
  realIssuers(t, server, { client: { id: 'gateway', secret: GATEWAY_SECRET, ...client } }).client('main', '')
