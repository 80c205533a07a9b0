import { UsageError } from '../../contract/usage-error.ts'

/** RFC 3339 as milliseconds since the epoch. Throws UsageError. */
export function parseTime (text: string): number {
  const isTime = /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?([Zz]|[+-]\d{2}:\d{2})$/.test(text)
  const time = isTime ? Date.parse(text) : NaN
  if (Number.isNaN(time)) throw new UsageError(`"${text}" is no time such as 2026-03-01T00:00:00Z (RFC 3339)`)
  return time
}
