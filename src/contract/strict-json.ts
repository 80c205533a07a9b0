import { isRecord, type JsonObject } from './is-record.ts'

const MAX_BYTES = 8192
const MAX_DEPTH = 16

/** A byte order mark stays, for JSON.parse to refuse (RFC 8259 8.1). */
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * The one object that these bytes say as JSON; null where they say none, or where two readers could read two things: a name twice (RFC 8725 2.4 and RFC 7519 4), bytes that
 * are no UTF-8, half of a surrogate pair, a number too large for a double. Nor `__proto__`, which whoever copies the object could fall over. At most 8 KiB and 16 levels. Frozen, and so is everything below it.
 */
export function strictJson (bytes: Uint8Array): JsonObject | null {
  if (bytes.length > MAX_BYTES) return null
  try {
    const text = utf8.decode(bytes)
    const { members, depth } = outline(text)
    if (depth > MAX_DEPTH) return null
    const value: unknown = JSON.parse(text)
    return isRecord(value) && freeze(value) === members ? value : null
  } catch {
    return null
  }
}

/**
 * How deep a text nests and how many members its objects have: one for each colon outside a string. JSON.parse keeps the last of two members with the same name, so that a value
 * with fewer members than its text had one twice, however its name was escaped.
 */
function outline (text: string): { members: number, depth: number } {
  let [level, depth, members] = [0, 0, 0]
  for (let i = 0; i < text.length; i++) {
    switch (text.charAt(i)) {
      case '"': i = endOfString(text, i); break
      case '{': case '[': depth = Math.max(depth, ++level); break
      case '}': case ']': level--; break
      case ':': members++; break
    }
  }
  return { members, depth }
}

function endOfString (text: string, start: number): number {
  let i = start + 1
  while (i < text.length && text[i] !== '"') i += text[i] === '\\' ? 2 : 1
  return i
}

/** Freezes a value to the bottom. The number of its members; NaN, which is no number of colons, where anything in it must not be. */
function freeze (value: unknown): number {
  if (typeof value === 'string') return value.isWellFormed() ? 0 : NaN
  if (typeof value === 'number') return Number.isFinite(value) ? 0 : NaN
  if (typeof value !== 'object' || value === null) return 0
  Object.freeze(value)
  if (Array.isArray(value)) return value.reduce<number>((sum, item) => sum + freeze(item), 0)
  return Object.entries(value).reduce((sum, [name, item]) => sum + (name === '__proto__' ? NaN : 1) + freeze(name) + freeze(item), 0)
}
