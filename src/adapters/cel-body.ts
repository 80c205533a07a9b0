/**
 * A parsed body as an expression can be asked about it: JSON objects become maps, in which no name means more than its value
 * (`constructor`, `__proto__`). What is a map already was made by someone who knows.
 */
export function celBody (value: unknown): unknown {
  if (typeof value !== 'object' || value === null || value instanceof Map) return value ?? null
  if (Array.isArray(value)) return value.map(celBody)
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) return value
  return new Map(Object.entries(value).map(([name, item]) => [name, celBody(item)]))
}
