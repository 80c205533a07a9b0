import { Choice, Config, defineFilter, pattern, Regex, SettableHeaderName, template, Type, type Exchange } from '../../../src/contract/index.ts'

const STRIP = { AS_IN_REQUEST: 'as-in-request', NEVER_STRIP: 'never', ALWAYS_STRIP: 'always' }
/** Scheme, authority and the rest (RFC 3986 appendix B); a reference that begins with // has no scheme (4.2). */
const TARGET = /^(?:([A-Za-z][A-Za-z0-9+.-]*):)?\/\/([^/?#]*)([^]*)$/
const AUTHORITY = /^(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_.-]+)(?::\d{1,5})?$/
const VERSION = /^\/v\d+(?=[/?#]|$)/
const VERSIONED = /^\/v\d+(?:\/|$)/

export default defineFilter({
  name: 'rewrite-location-response-header',
  config: Config({
    stripVersion: Choice(['as-in-request', 'never', 'always'], { default: 'as-in-request', description: 'Whether a version at the front of the path (`/v2`) is taken off: where the request had none, never or always.' }),
    header: SettableHeaderName({ default: 'Location', description: 'Response header to rewrite.' }),
    host: Type.Optional(Type.String({ minLength: 1, description: 'Host, perhaps with port, to put there; `{variable}` is a captured variable. Default: what the request was sent to (Host).' })),
    protocols: Regex({ default: 'https?|ftps?', description: 'Pattern that the scheme must fit as a whole; others stay as they are.' })
  }),
  spring: {
    name: 'RewriteLocationResponseHeader',
    args: ['stripVersion', 'locationHeaderName', 'hostValue', 'protocols'],
    toConfig: ({ stripVersion, stripVersionMode = stripVersion, locationHeaderName, hostValue, protocols }) => ({
      stripVersion: STRIP[stripVersionMode as keyof typeof STRIP] ?? (stripVersionMode || undefined),
      header: locationHeaderName || undefined,
      host: hostValue || undefined,
      protocols: protocols || undefined
    })
  },

  create: ({ stripVersion, header, host, protocols }) => {
    const name = header.toLowerCase()
    const rewritten = pattern(protocols, '/protocols')
    const hostOf = host === undefined ? (x: Exchange) => x.authority : orOwn(host)

    const strips = (x: Exchange) => stripVersion === 'always' || (stripVersion === 'as-in-request' && !VERSIONED.test(x.originalPath))
    const rewrite = (x: Exchange, location: string): string => {
      const [, scheme, authority, rest = ''] = TARGET.exec(location) ?? []
      if (authority === undefined || (scheme !== undefined && !rewritten.matches(scheme.toLowerCase()))) return location
      return `${scheme === undefined ? '' : `${scheme}:`}//${hostOf(x)}${strips(x) ? rest.replace(VERSION, '') : rest}`
    }
    return {
      response: x => {
        const { flat } = x.reply!.headers
        for (let i = 0; i < flat.length; i += 2) if (flat[i] === name) flat[i + 1] = rewrite(x, flat[i + 1]!)
      }
    }
  }
})

/** A host made of variables may be none; then the one the client asked for is safe to name. */
function orOwn (host: string): (x: Exchange) => string {
  const text = template(host, '/host')
  return x => {
    const made = text(x)
    return AUTHORITY.test(made) ? made : x.authority
  }
}
