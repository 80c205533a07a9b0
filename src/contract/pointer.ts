/** One reference token of a JSON pointer (RFC 6901 3). */
export const escapePointer = (key: string): string => key.replaceAll('~', '~0').replaceAll('/', '~1')

const unescape = (token: string): string => token.replaceAll('~1', '/').replaceAll('~0', '~')

/** The pointer as one into the value as it was written, where one value may stand for a list of it: `/names/0` of `names: a` is `/names`. */
export function writtenPointer (pointer: string, written: unknown): string {
  let at = written
  let out = ''
  for (const token of pointer.split('/').slice(1)) {
    if (token === '0' && standsForList(at)) continue
    out += `/${token}`
    at = typeof at === 'object' && at !== null ? (at as Record<string, unknown>)[unescape(token)] : undefined
  }
  return out
}

const standsForList = (value: unknown): boolean =>
  value != null && !Array.isArray(value) && !(typeof value === 'object' && Object.hasOwn(value, '0'))
