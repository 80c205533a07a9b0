import { Config, List, Scope, Timeout, Type } from '../../../src/contract/index.ts'

const OwnPath = (fallback: string, description: string) =>
  Type.String({ pattern: '^/[A-Za-z0-9._~!$&\'()*+,;=:@-][A-Za-z0-9._~!$&\'()*+,;=:@/-]*$', 'x-expects': 'a path such as /oauth2/callback', default: fallback, description })

/** What login is told: where the issuer is, and which paths of the route are its own. */
export const LoginConfig = Config({
  issuer: Type.String({ minLength: 1, description: 'Name of the issuer; it must have a `client`.' }),
  scopes: List(Scope(), { default: ['openid'], description: 'Scopes to ask for, `openid` among them.' }),
  callback: OwnPath('/oauth2/callback', 'Path the issuer sends the browser back to; with the origin before it, the registered redirect URI.'),
  logout: OwnPath('/logout', 'Path that ends the session, here and at the issuer.'),
  afterLogout: Type.String({ pattern: '^(/([^/\\\\\\s][^\\\\\\s]*)?|https?://\\S+)$', 'x-expects': 'a path such as /goodbye, or an absolute URL', default: '/', description: 'Where the browser goes after that: a path, or a URL elsewhere. To be registered at the issuer (`post_logout_redirect_uris`).' }),
  backchannelLogout: OwnPath('/oauth2/backchannel-logout', 'Path the issuer tells of logouts elsewhere (`backchannel_logout_uri`).'),
  origin: Type.Optional(Type.String({ pattern: '^https?://[A-Za-z0-9.:\\[\\]-]+$', 'x-expects': 'an origin such as https://app.example.com', description: 'Origin the browser sees, where it is not that of the request.' })),
  parameters: Type.Record(Type.String({ pattern: '^[A-Za-z0-9_.-]+$' }), Type.String(), { default: {}, description: 'More parameters of the authorization request: `prompt`, `acr_values`, `login_hint`, `ui_locales`.' }),
  maxAge: Type.Optional(Timeout({ description: 'The user must have proved who they are within this time (`max_age`); else a new login.' }))
})
