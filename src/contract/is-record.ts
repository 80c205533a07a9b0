/** What a JSON object is read as. */
export type JsonObject = Readonly<Record<string, unknown>>

/** Whether a value of JSON or YAML is an object: no list, and not null. */
export const isRecord = (value: unknown): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value)
