const utf8 = new TextDecoder('utf-8', { fatal: true })

/**
 * The result of an expression as text: as CEL's `string` has it, times as RFC 3339, lists and maps as JSON. Throws TypeError for a value
 * that has none (`request`), and for bytes that are not UTF-8.
 */
export function celText (value: unknown): string {
  if (typeof value === 'number') return numberText(value)
  if (typeof value !== 'object' || value === null) return String(value)
  if (Array.isArray(value)) return `[${value.map(json).join(',')}]`
  if (isMap(value)) return mapText(value)
  if (value instanceof Date) return value.toISOString().replace('.000Z', 'Z')
  if (value instanceof Uint8Array) return utf8.decode(value)
  if (value.toString === Object.prototype.toString) throw new TypeError('a value without a text')
  return String(value)
}

function numberText (value: number): string {
  if (value === Infinity) return '+Inf'
  return value === -Infinity ? '-Inf' : String(value)
}

const isMap = (value: object): boolean => value instanceof Map || value.constructor === Object

function mapText (map: object): string {
  const entries = map instanceof Map ? [...map as Map<unknown, unknown>] : Object.entries(map as Readonly<Record<string, unknown>>)
  return `{${entries.map(([name, item]) => `${JSON.stringify(celText(name))}:${json(item)}`).join(',')}}`
}

function json (value: unknown): string {
  const text = celText(value)
  return hasJson(value) ? text : JSON.stringify(text)
}

/** Whether the text of a value is JSON already. */
function hasJson (value: unknown): boolean {
  if (typeof value === 'object') return value === null || Array.isArray(value) || isMap(value)
  return typeof value === 'number' ? Number.isFinite(value) : typeof value !== 'string'
}
