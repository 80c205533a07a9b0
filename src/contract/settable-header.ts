import Type, { type TSchemaOptions, type TString } from 'typebox'
import { ConfigError } from './config-error.ts'

/** Fields of one connection (RFC 9110 7.6.1), those that frame or delay the body (RFC 9112 6, RFC 9110 10.1.1), and Host. */
const GATEWAY_OWN = ['connection', 'keep-alive', 'proxy-connection', 'transfer-encoding', 'te', 'trailer', 'upgrade', 'content-length', 'expect', 'host']

const EXPECTS = `a header name, and none of ${GATEWAY_OWN.join(', ')}: the gateway alone writes those (for Host see set-request-host-header)`

// JSON Schema patterns know no flags, so that every letter says both of its cases.
const anyCase = (name: string): string => name.replace(/[a-z]/g, letter => `[${letter.toUpperCase()}${letter}]`)

const PATTERN = `^(?!(?:${GATEWAY_OWN.map(anyCase).join('|')})$)[!#$%&'*+\\-.^_\`|~0-9A-Za-z]+$`
const settable = new RegExp(PATTERN, 'u')

/** The name of a field that a filter may write or remove: a field name (RFC 9110 5.1) that neither belongs to the connection nor frames the message. */
export const SettableHeaderName = (options: TSchemaOptions = {}): TString =>
  Type.String({ pattern: PATTERN, 'x-expects': EXPECTS, ...options })

/** The same check for a name that is the key of a map: the name in lower case, ConfigError at `pointer` where no filter may write it. */
export function settableHeader (name: string, pointer: string): string {
  if (!settable.test(name)) throw new ConfigError('GW_CONFIG_INVALID', pointer, `expected ${EXPECTS}`)
  return name.toLowerCase()
}
