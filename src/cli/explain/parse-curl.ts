import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { UsageError } from '../../contract/usage-error.ts'
import type { OfflineRequest } from '../rehearsal/offline-request.ts'
import { curlOptions, type Given } from './curl-options.ts'
import { splitUrl, type SplitUrl } from './split-url.ts'

const DATA = ['data', 'data-ascii', 'data-raw', 'data-binary', 'data-urlencode', 'json']

/** What `curl` with these words (without the first, `curl`) would send. Throws UsageError for what it does not know. */
export function parseCurl (words: readonly string[], from: string, cwd: string): OfflineRequest {
  const { given, urls } = curlOptions(words)
  const has = (name: string) => given.some(one => one.name === name)
  const all = (name: string) => given.filter(one => one.name === name).map(({ value }) => value)
  const url = urlOf([...urls, ...all('url')])
  const data = given.filter(({ name }) => DATA.includes(name)).map(one => dataOf(one, cwd)).join(has('json') ? '' : '&')
  const body = has('get') || !DATA.some(has) ? null : Buffer.from(data)
  const path = has('path-as-is') ? url.target : withoutDots(url.target)
  const unsaid = body === null ? 'GET' : 'POST'
  return {
    method: all('request').at(-1) ?? (has('head') ? 'HEAD' : unsaid),
    target: has('get') ? withQuery(path, data) : path,
    scheme: url.scheme,
    headers: overridden(ownHeaders(given, url, body !== null), all('header')),
    body,
    from
  }
}

const withQuery = (path: string, data: string): string => data === '' ? path : `${path}${path.includes('?') ? '&' : '?'}${data}`

/** The one URL; curl takes http where it says nothing. */
function urlOf (urls: readonly string[]): SplitUrl {
  const [text, ...more] = urls
  if (text === undefined || more.length > 0) throw new UsageError(text === undefined ? 'the curl line names no URL' : `the curl line names ${urls.length} URLs; explain takes one`)
  const url = splitUrl(/^[a-z]+:\/\//i.test(text) ? text : `http://${text}`)
  if (!url) throw new UsageError(`"${text}" is no http or https URL`)
  return url
}

/** `@name` is the content of a file, without line ends unless it is binary. */
function dataOf ({ name, value }: Given, cwd: string): string {
  if (name === 'data-urlencode') return urlEncoded(value)
  if (!value.startsWith('@') || name === 'data-raw') return value
  const content = readFileSync(resolve(cwd, value.slice(1)), 'utf8')
  return name === 'data' || name === 'data-ascii' ? content.replace(/[\r\n]/g, '') : content
}

/** `content`, `=content` or `name=content`. */
function urlEncoded (value: string): string {
  const equals = value.indexOf('=')
  const name = equals > 0 ? `${value.slice(0, equals)}=` : ''
  return name + encodeURIComponent(value.slice(equals + 1))
}

/** What curl sends unasked, and what other options than -H stand for. */
function ownHeaders (given: readonly Given[], { authority, user }: SplitUrl, hasBody: boolean): [string, string][] {
  const last = (name: string) => given.findLast(one => one.name === name)?.value
  const named = (header: string, value: string | undefined): [string, string][] => value === undefined ? [] : [[header, value]]
  const credentials = last('user') ?? (user === null ? undefined : decodeURIComponent(user))
  const bearer = last('oauth2-bearer')
  const json = last('json') !== undefined
  return [
    ['Host', authority],
    ...named('Authorization', bearer === undefined ? credentials && `Basic ${Buffer.from(credentials).toString('base64')}` : `Bearer ${bearer}`),
    ['User-Agent', last('user-agent') ?? 'curl/8.0.0'],
    ['Accept', json ? 'application/json' : '*/*'],
    ...named('Accept-Encoding', last('compressed') === undefined ? undefined : 'deflate, gzip, br, zstd'),
    ...named('Referer', last('referer')),
    ...named('Cookie', cookies(given)),
    ...named('Content-Type', !hasBody ? undefined : json ? 'application/json' : 'application/x-www-form-urlencoded')
  ]
}

function cookies (given: readonly Given[]): string | undefined {
  const values = given.filter(({ name }) => name === 'cookie').map(({ value }) => value)
  const file = values.find(value => !value.includes('='))
  if (file !== undefined) throw new UsageError(`explain reads no cookie file: give -b 'name=value' in place of -b ${file}`)
  return values.length === 0 ? undefined : values.join('; ')
}

/** `-H 'Name: value'` replaces what curl would send, `-H 'Name:'` leaves it out, `-H 'Name;'` sends it empty. */
function overridden (own: readonly [string, string][], lines: readonly string[]): [string, string][] {
  const parsed = lines.map((line): [string, string | null] => {
    const [, name, mark, value = ''] = /^([^:;]+)([:;])\s*([^]*)$/.exec(line) ?? []
    if (name === undefined) throw new UsageError(`"${line}" is no header: write it as 'Name: value'`)
    return [name.trim(), mark === ';' ? '' : value.trim() || null]
  })
  const replaced = new Set(parsed.map(([name]) => name.toLowerCase()))
  const kept = own.filter(([name]) => !replaced.has(name.toLowerCase()))
  return [...kept, ...parsed.filter((line): line is [string, string] => line[1] !== null)]
}

/** As curl does before it sends (RFC 3986 5.2.4), unless --path-as-is. */
function withoutDots (target: string): string {
  const [path = '', ...query] = target.split('?')
  const segments = path.split('/').slice(1)
  const kept: string[] = []
  for (const [i, segment] of segments.entries()) {
    if (segment === '..') kept.pop()
    else if (segment !== '.') kept.push(segment)
    if ((segment === '.' || segment === '..') && i === segments.length - 1) kept.push('')
  }
  return [`/${kept.join('/')}`, ...query].join('?')
}
