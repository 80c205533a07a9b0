import { isIPv4, isIPv6 } from 'node:net'
import Type, { type Static, type TSchemaOptions } from 'typebox'
import { unmapped } from './cidr.ts'
import { claimReader } from './claim-reader.ts'
import { ConfigError } from './config-error.ts'
import { cookieValues } from './cookies.ts'
import type { Exchange } from './exchange.ts'
import type { Principal } from './principal.ts'
import { queryValues } from './query-string.ts'
import type { Expressions } from './services.ts'
import { Cel, Choice, Config, HeaderName } from './units.ts'

const Prefixes = Config({
  ipv4: Type.Integer({ minimum: 0, maximum: 32, default: 32, description: 'Bits of an IPv4 address that count.' }),
  ipv6: Type.Integer({ minimum: 0, maximum: 128, default: 64, description: 'Bits of an IPv6 address that count: one customer has at least 64 of them to itself.' })
})

const KEY_WORDS = ['principal', 'client', 'api-key', 'address', 'route', 'host'] as const

/** What requests are told apart by: one word, or a map with one key. `also`: words that mean something in this one place. */
export const RequestKeyOf = <const Also extends readonly string[] = []>(options: TSchemaOptions = {}, ...also: Also) => Type.Union([
  Choice<[...Also, ...typeof KEY_WORDS]>([...also, ...KEY_WORDS]),
  Config({ address: Prefixes }),
  Config({ header: HeaderName() }),
  Config({ cookie: Type.String({ minLength: 1 }) }),
  Config({ claim: Type.String({ minLength: 1 }) }),
  Config({ query: Type.String({ minLength: 1 }) }),
  Config({ param: Type.String({ minLength: 1 }) }),
  Config({ expression: Cel() })
], {
  'x-expects': `${[...also, ...KEY_WORDS].join(', ')}, or one of { address: { ipv4, ipv6 } }, { header }, { cookie }, { claim }, { query }, { param }, { expression }`,
  ...options
})

/** The same, with nothing more to say of it. */
export const RequestKeySchema = RequestKeyOf()
export type RequestKeyConfig = Static<typeof RequestKeySchema>

/** What becomes of requests that have nothing of what `by` names. The first of the words is the default of the room. */
export const EmptyKey = <const W extends string[]>(words: readonly [...W], description: string) =>
  Type.Optional(Choice(words, { description: `Requests that have nothing of what \`by\` names: ${description} Default: \`${words[0]}\`.` }))

/** What a key is made of, in one word. */
export const keyKind = (by: RequestKeyConfig): string => typeof by === 'string' ? by : Object.keys(by)[0]!

/** Whether every request has it, so that `emptyKey` would have no effect. */
export const isAlwaysThere = (by: RequestKeyConfig): boolean => ['route', 'host', 'address'].includes(keyKind(by))

/** What a request is counted under; '' where it has no such thing. May throw GatewayError GW_EXPRESSION_FAILED. */
export type RequestKey = (x: Exchange) => string

/** Compiles what a route file says. ConfigError at `pointer/expression` where an expression is wrong. */
export function requestKey (config: RequestKeyConfig, expressions: Expressions, pointer: string): RequestKey {
  if (typeof config === 'string') return WORDS[config]
  if ('address' in config) return addressKey(config.address)
  if ('header' in config) return headerKey(config.header.toLowerCase())
  if ('cookie' in config) return x => cookieValues(x.headers, config.cookie)[0] ?? ''
  if ('query' in config) return x => queryValues(x.originalQuery, config.query)[0] ?? ''
  if ('param' in config) return x => x.params[config.param] ?? ''
  if ('claim' in config) return claimKey(config.claim)
  return expressionKey(config.expression, expressions, `${pointer}/expression`)
}

function expressionKey (source: string, expressions: Expressions, pointer: string): RequestKey {
  const expression = expressions.text(source, pointer)
  if (expression.usesReply || expression.usesBody) throw new ConfigError('GW_CONFIG_NO_EFFECT', pointer, 'requests are told apart before there is a reply, and no body is read for it')
  return x => expression.evaluate(x)
}

/** A subject belongs to its issuer: two issuers may have the same. */
const ownerKeys = new WeakMap<Principal, string>()

function principalKey ({ principal }: Exchange): string {
  if (principal === null) return ''
  const known = ownerKeys.get(principal)
  if (known !== undefined) return known
  const key = `${principal.issuer ?? principal.source}\n${principal.subject}`
  ownerKeys.set(principal, key)
  return key
}

const clientKey = ({ principal }: Exchange): string => principal?.client == null ? '' : `${principal.issuer ?? principal.source}\n${principal.client}`

const WORDS: Readonly<Record<Extract<RequestKeyConfig, string>, RequestKey>> = {
  principal: principalKey,
  client: clientKey,
  'api-key': x => x.principal?.source === 'api-key' ? x.principal.subject : '',
  address: addressKey({ ipv4: 32, ipv6: 64 }),
  route: x => x.route?.id ?? '',
  host: x => x.host
}

/** All values, so that another line of the field makes another key and not a free one. */
const headerKey = (name: string): RequestKey => x => x.headers.get(name) ?? ''

function claimKey (name: string): RequestKey {
  const read = claimReader(name)
  return ({ principal }) => {
    const value = principal === null ? undefined : read(principal.claims)
    if (value === undefined || value === null) return ''
    return typeof value === 'string' ? value : JSON.stringify(value)
  }
}

function addressKey ({ ipv4, ipv6 }: { ipv4: number, ipv6: number }): RequestKey {
  return ({ client }) => {
    const address = unmapped(client.address)
    if (isIPv4(address)) return ipv4 === 32 ? address : ipv4Network(address, ipv4)
    return isIPv6(address) ? ipv6Network(address, ipv6) : ''
  }
}

/** The network as it is written, `10.1.0.0/16`: no IPv6 network has the same key. */
function ipv4Network (address: string, bits: number): string {
  const value = address.split('.').reduce((sum, byte) => sum * 256 + Number(byte), 0)
  const network = bits === 0 ? 0 : value & (-1 << (32 - bits))
  return `${network >>> 24}.${(network >>> 16) & 255}.${(network >>> 8) & 255}.${network & 255}/${bits}`
}

/** The network with only the groups that count, `2001:db8:0:1::/64`: the same for every spelling of the address. */
function ipv6Network (address: string, bits: number): string {
  const groups = groupsOf(address)
  let network = ''
  for (let i = 0; i * 16 < bits; i++) {
    const counting = Math.min(16, bits - i * 16)
    network += `${(groups[i]! & (0xffff << (16 - counting))).toString(16)}:`
  }
  return `${network}:/${bits}`
}

const COLON = 58

/** Letter by letter, since this is done for each request. Groups left out at `::` are 0. */
function groupsOf (address: string): number[] {
  const text = withoutTail(address)
  const groups = [0, 0, 0, 0, 0, 0, 0, 0]
  let at = 0
  let gap = -1
  for (let i = 0; i < text.length; i++) {
    const letter = text.charCodeAt(i)
    if (letter !== COLON) groups[at] = groups[at]! * 16 + hexDigit(letter)
    else if (text.charCodeAt(i + 1) === COLON) gap = at = i === 0 ? 0 : at + 1
    else if (text.charCodeAt(i - 1) !== COLON) at++
  }
  return gap < 0 ? groups : groups.copyWithin(7 + gap - at, gap, at + 1).fill(0, gap, 7 + gap - at)
}

/** `0` to `9`, `a` to `f` in either case. */
const hexDigit = (letter: number): number => letter <= COLON ? letter - 48 : (letter | 32) - 87

/** The last four bytes may be written as IPv4 (RFC 4291 2.2). */
function withoutTail (address: string): string {
  const colon = address.lastIndexOf(':')
  const tail = address.slice(colon + 1)
  if (!tail.includes('.')) return address
  const [a = 0, b = 0, c = 0, d = 0] = tail.split('.').map(Number)
  return `${address.slice(0, colon + 1)}${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`
}
