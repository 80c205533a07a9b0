import type { Exchange } from '../contract/exchange.ts'
import type { Settings } from '../contract/settings.ts'

/** Puts the fields that tell upstream about the client behind `flat`. */
export type Forwarder = (x: Exchange, flat: string[]) => void

/**
 * X-Forwarded-*, Forwarded (RFC 7239) and Via (RFC 9110 7.6.3), as `gateway.forwarded` and `gateway.via` say. What the client
 * sent of them is no longer in `x.headers` unless the peer is trusted; then it is continued.
 */
export function forwarder ({ forwarded, via }: Pick<Settings, 'forwarded' | 'via'>): Forwarder {
  const steps: Forwarder[] = []
  if (forwarded === 'x-forwarded' || forwarded === 'both') steps.push(xForwarded)
  if (forwarded === 'forwarded' || forwarded === 'both') steps.push(rfc7239)
  const pseudonym = via === false ? null : `1.1 ${via}`
  return (x, flat) => {
    for (const step of steps) step(x, flat)
    if (pseudonym !== null) flat.push('via', pseudonym)
  }
}

function xForwarded (x: Exchange, flat: string[]): void {
  const { client, authority, scheme } = x
  if (client.trusted) {
    continued(x, flat)
    return
  }
  flat.push('x-forwarded-for', client.peer, 'x-forwarded-proto', scheme)
  // HTTP/1.0 has requests without Host.
  if (authority !== '') flat.push('x-forwarded-host', authority)
  flat.push('x-forwarded-port', portOf(authority, scheme))
}

function continued ({ client, headers, authority, scheme }: Exchange, flat: string[]): void {
  const before = headers.get('x-forwarded-for')
  const host = headers.first('x-forwarded-host') ?? authority
  flat.push('x-forwarded-for', before === undefined ? client.peer : `${before}, ${client.peer}`, 'x-forwarded-proto', scheme)
  if (host !== '') flat.push('x-forwarded-host', host)
  flat.push('x-forwarded-port', headers.first('x-forwarded-port') ?? portOf(authority, scheme))
}

function rfc7239 (x: Exchange, flat: string[]): void {
  const { client, headers, authority, scheme } = x
  const node = client.peer.includes(':') ? `"[${client.peer}]"` : client.peer
  const host = authority === '' ? '' : `host="${authority}";`
  const element = `for=${node};${host}proto=${scheme}`
  const before = client.trusted ? headers.get('forwarded') : undefined
  flat.push('forwarded', before === undefined ? element : `${before}, ${element}`)
}

function portOf (authority: string, scheme: string): string {
  const colon = authority.lastIndexOf(':')
  return colon > authority.lastIndexOf(']') && colon >= 0 ? authority.slice(colon + 1) : scheme === 'https' ? '443' : '80'
}

/**
 * Fields that the gateway writes itself, whatever a client or a filter has put there: a second line of one of them would be
 * another answer to the same question. What trusted peers sent of them is continued by `forwarder`.
 */
export const WRITTEN_FIELDS: ReadonlySet<string> =
  new Set(['x-forwarded-for', 'x-forwarded-proto', 'x-forwarded-host', 'x-forwarded-port', 'forwarded', 'x-request-id'])
