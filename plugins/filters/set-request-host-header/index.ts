import { Config, ConfigError, defineFilter, HeaderValue, refuse, template, variables } from '../../../src/contract/index.ts'

/** `uri-host [":" port]` (RFC 9110 7.2), without percent-encoding: names are looked up, and an encoded one would be another. */
const HOST = /^(?:[a-z0-9_-]+(?:\.[a-z0-9_-]+)*\.?|\[[0-9a-f:.]+\])(?::(\d{1,5}))?$/i
const MAX_LENGTH = 261

export default defineFilter({
  name: 'set-request-host-header',
  config: Config({
    host: HeaderValue({ description: 'Host, with a port where it has one; `{variable}` is a captured variable.' })
  }),
  shorthand: 'host',
  refuses: ['GW_BAD_HOST'],
  spring: { name: 'SetRequestHostHeader', args: ['host'] },

  create: ({ host }) => {
    const text = template(host, '/host')
    const names = variables(host)
    const sample = names.reduce((out, name) => out.replaceAll(`{${name}}`, '1'), host)
    if (!valid(sample)) throw new ConfigError('GW_CONFIG_INVALID', '/host', 'expected a host such as orders.internal or orders.internal:8443, without scheme or path')
    if (names.length === 0) return { request: x => { x.upstreamHost = host } }
    return {
      request: x => {
        const made = text(x)
        if (valid(made)) x.upstreamHost = made
        else refuse(x, 'GW_BAD_HOST', 'the request gives no Host for the upstream')
      }
    }
  }
})

function valid (host: string): boolean {
  const found = host.length > MAX_LENGTH ? null : HOST.exec(host)
  return found !== null && Number(found[1] ?? 0) <= 65535
}
