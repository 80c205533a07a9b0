import type { RouteTest } from '../contract/route-file.ts'
import { splitUrl } from './explain/split-url.ts'

/** Whether a client on this machine can send the request: it can choose neither its address nor the time. */
export const isForCurl = ({ from, at }: RouteTest): boolean => from === undefined && at === undefined

/** The command line that sends the request of a route's test to a running gateway. */
export function curlLine ({ request, headers = {}, body }: RouteTest, base: string): string {
  const [method = 'GET', where = '/'] = request.split(' ')
  const url = splitUrl(where)
  const target = url?.target ?? where
  const data = body === undefined ? [] : [`${body.startsWith('@') ? '--data-raw' : '-d'} ${quote(body)}`]
  const address = target === '*' ? `--request-target '*' ${quote(base)}` : quote(base + target)
  return ['curl -i', ...methodOptions(method, body), ...pathOptions(target), ...headerOptions(headers, url?.authority), ...data, address].join(' ')
}

function methodOptions (method: string, body: string | undefined): string[] {
  if (method === 'HEAD') return ['-I']
  return method === (body === undefined ? 'GET' : 'POST') ? [] : [`-X ${method}`]
}

/** curl would resolve dot segments, and take brackets and braces for patterns. */
const pathOptions = (target: string): string[] => [...target.includes('/.') ? ['--path-as-is'] : [], .../[[\]{}]/.test(target) ? ['-g'] : []]

function headerOptions (headers: Readonly<Record<string, string>>, host: string | undefined): string[] {
  const hasHost = Object.keys(headers).some(name => name.toLowerCase() === 'host')
  const lines = [...host === undefined || hasHost ? [] : [['Host', host] as const], ...Object.entries(headers)]
  return lines.map(([name, value]) => `-H ${quote(value === '' ? `${name};` : `${name}: ${value}`)}`)
}

/** For a POSIX shell. */
const quote = (text: string): string => /^[\w./:-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
