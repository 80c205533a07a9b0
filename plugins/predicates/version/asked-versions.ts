import { ConfigError, queryValues, type Exchange } from '../../../src/contract/index.ts'

/** Where a request carries the version it asks for; exactly one of these. */
export interface Sources {
  readonly header?: string
  readonly query?: string
  readonly mediaTypeParameter?: string
  readonly pathSegment?: number
}

/** Every version a request asks for, as text. */
export type AskedVersions = (x: Exchange) => readonly string[]

// A quoted value (RFC 9110 5.6.4) is taken whole, so that nothing in it looks like a parameter
const PARAMETER = /;[ \t]*([!#$%&'*+\-.^_`|~0-9A-Za-z]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s;,"]*))/g

/** The one way to find the version that the config names; `API-Version` where it names none. ConfigError where it names several. */
export function askedVersions (sources: Sources): AskedVersions {
  const { header = 'API-Version', query, mediaTypeParameter, pathSegment } = sources
  const [, second] = Object.entries(sources).filter(([, value]) => value !== undefined)
  if (second) throw new ConfigError('GW_CONFIG_INVALID', `/${second[0]}`, 'a request is asked in one place: give one of header, query, mediaTypeParameter and pathSegment')
  if (query !== undefined) return x => queryValues(x.query, query)
  if (mediaTypeParameter !== undefined) return fromMediaTypes(mediaTypeParameter.toLowerCase())
  if (pathSegment !== undefined) return x => x.path.split('/', pathSegment + 2).slice(pathSegment + 1).filter(segment => segment !== '')
  const name = header.toLowerCase()
  return x => x.headers.all(name)
}

/** What the client would like to get says more than what it sends. */
function fromMediaTypes (name: string): AskedVersions {
  return x => {
    const accepted = parameterValues(x.headers.all('accept'), name)
    return accepted.length > 0 ? accepted : parameterValues(x.headers.all('content-type'), name)
  }
}

/** Values of a parameter of media types (RFC 9110 8.3.1): names in any case, values quoted or not. */
function parameterValues (lines: readonly string[], name: string): string[] {
  return lines.flatMap(line => [...line.matchAll(PARAMETER)])
    .filter(([, found]) => found!.toLowerCase() === name)
    .map(([, , quoted, plain = '']) => quoted ?? plain)
}
