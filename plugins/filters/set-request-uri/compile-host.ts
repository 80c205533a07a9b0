import { ConfigError, template, variables, type Exchange } from '../../../src/contract/index.ts'

const AUTHORITY = /^(\[[0-9A-Fa-f:.]+\]|[\w\-.{}]+)(?::([1-9]\d{0,4}))?$/
/** What the operator writes may be a name that only a container network knows, with an underscore. */
const CONSTANT = /^(?:\[[0-9a-f:.]+\]|[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?)(?::\d+)?$/
/** Labels of RFC 1123 2.1, lower case. */
const HOST = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/

/**
 * Makes the host and port of an origin, per exchange; null where variables lead to a host that is not allowed. A variable
 * can never reach the port or the user information. ConfigError at `/uri` or `/allowHosts`.
 */
export function compileHost (authority: string, allowHosts: readonly string[] | null): (x: Exchange) => string | null {
  const [, written = '', port] = AUTHORITY.exec(authority) ?? []
  if (written === '' || Number(port ?? 1) > 65535) {
    throw new ConfigError('GW_CONFIG_INVALID', '/uri', 'expected a host and perhaps a port after //; no user information, no variable in the port')
  }
  const suffix = port === undefined ? '' : `:${port}`
  const text = template(written, '/uri')
  if (variables(written).length === 0) return constant(written.toLowerCase() + suffix, allowHosts)
  if (allowHosts === null) throw new ConfigError('GW_CONFIG_INVALID', '/uri', 'the host holds a variable, so clients choose where requests go: say in allowHosts which hosts they may reach')
  const isAllowed = allowed(allowHosts)
  return x => {
    const host = text(x).toLowerCase()
    return host.length <= 253 && HOST.test(host) && isAllowed(host) ? host + suffix : null
  }
}

function constant (origin: string, allowHosts: readonly string[] | null): () => string {
  if (allowHosts !== null) throw new ConfigError('GW_CONFIG_NO_EFFECT', '/allowHosts', 'the host holds no variable')
  if (!CONSTANT.test(origin)) throw new ConfigError('GW_CONFIG_INVALID', '/uri', 'not a host name or address')
  return () => origin
}

function allowed (patterns: readonly string[]): (host: string) => boolean {
  const lower = patterns.map(one => one.toLowerCase())
  const exact = new Set(lower.filter(one => !one.startsWith('*')))
  const suffixes = lower.filter(one => one.startsWith('*')).map(one => one.slice(1))
  return host => exact.has(host) || suffixes.some(suffix => host.endsWith(suffix))
}
