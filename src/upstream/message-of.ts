/** What went wrong, for the log. An AggregateError, as for a name with several addresses, has no message of its own. */
export function messageOf (error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.message || ('code' in error ? String(error.code) : error.name)
}
