import type { SentRequest } from '../rehearsal/offline-upstreams.ts'

/** The lines of a request as undici writes them (or node:http, for one with trailer fields): Host first, the framing of the body last. */
export function requestHead ({ method, path, headers, body, upgrade, trailer }: SentRequest): string[] {
  const isAbout = (name: string) => ([known]: readonly [string, string]) => known === name
  const line = ([name, value]: readonly [string, string]) => `${name}: ${value}`
  const ends = trailer !== null || method === 'HEAD'
  const connection = upgrade !== null ? ['connection: upgrade', `upgrade: ${upgrade}`] : [`connection: ${ends ? 'close' : 'keep-alive'}`]
  const length = headers.filter(isAbout('content-length')).map(line)
  const framing = length.length > 0 ? length : body === null ? [] : ['transfer-encoding: chunked', ...trailer === null ? [] : [`trailer: ${trailer}`]]
  const others = headers.filter(field => !isAbout('host')(field) && !isAbout('content-length')(field))
  return [`${method} ${path} HTTP/1.1`, ...headers.filter(isAbout('host')).map(line), ...connection, ...others.map(line), ...framing]
}
