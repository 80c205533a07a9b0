import { pattern } from '../../../src/contract/index.ts'

const NAME = "[!#$%&'+\\-.^_`|~0-9A-Za-z]+"

/** How one is written in the route file: `application/json`, `multipart/*`, `application/*+json`. */
export const MEDIA_RANGE = `^${NAME}/(${NAME}|\\*|\\*\\+${NAME})$`

/** One media type with parameters (RFC 9110 8.3.1) and nothing that another server could take for a second one. */
const MEDIA_TYPE = pattern(`[ \\t]*(?P<type>${NAME}/${NAME})[ \\t]*(;[ \\t]*(${NAME}=([^ \\t,;"]*|"([^"\\\\]|\\\\.)*"))?[ \\t]*)*`, '')

/** Whether a Content-Type is one of these. */
export function contentTypes (ranges: readonly string[]): (value: string | undefined) => boolean {
  const lower = ranges.map(range => range.toLowerCase())
  const exact = new Set(lower.filter(range => !range.includes('*')))
  const wide = lower.filter(range => range.includes('*')).map(range => range.split('*') as [string, string])
  return value => {
    const type = value === undefined ? undefined : MEDIA_TYPE.groups(value)?.['type']?.toLowerCase()
    return type !== undefined && (exact.has(type) || wide.some(range => fits(type, range)))
  }
}

const fits = (type: string, [start, end]: readonly [string, string]): boolean =>
  type.length > start.length + end.length && type.startsWith(start) && type.endsWith(end)
