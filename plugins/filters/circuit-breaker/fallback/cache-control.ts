/** Directives of a Cache-Control field by their names in lower case, with their arguments ('' for none); of a repeated one the first (RFC 9111 5.2, 4.2.1). */
export function cacheDirectives (value: string | undefined): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  for (const part of parts(value ?? '')) {
    const equals = part.indexOf('=')
    const name = (equals < 0 ? part : part.slice(0, equals)).trim().toLowerCase()
    if (name !== '' && !found.has(name)) found.set(name, equals < 0 ? '' : part.slice(equals + 1).trim().replaceAll('"', ''))
  }
  return found
}

/** Between the commas that stand in no quoted text. */
function parts (value: string): string[] {
  if (!value.includes('"')) return value.split(',')
  const found: string[] = []
  let start = 0
  let isQuoted = false
  for (let i = 0; i < value.length; i++) {
    if (value[i] === '\\' && isQuoted) i++
    else if (value[i] === '"') isQuoted = !isQuoted
    else if (value[i] === ',' && !isQuoted) {
      found.push(value.slice(start, i))
      start = i + 1
    }
  }
  found.push(value.slice(start))
  return found
}

/** A number of seconds as milliseconds (RFC 9111 1.2.2); null where it is none. */
export const seconds = (text: string | undefined): number | null => text !== undefined && /^\d{1,10}$/.test(text) ? Number(text) * 1000 : null
